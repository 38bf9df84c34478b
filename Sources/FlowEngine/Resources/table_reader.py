# SPDX-License-Identifier: Apache-2.0
"""Writes one sheet of a spreadsheet file (.xlsx .xlsm .xlsb .xls .ods) as CSV on stdout.

    python table_reader.py FILE [--sheet NAME] [--max-rows N]

The first row that is not empty is the header. CSV is UTF-8 after RFC 4180 (CRLF, quotes doubled). Dates are ISO 8601,
whole numbers have no fraction, true and false are words, an empty cell is an empty field. Without --sheet the first
visible sheet is read. --max-rows counts rows of data; a longer sheet is an error, so that no row is lost in silence.
A fault ends with status 1 and one JSON line on stderr: {"error": TEXT}.
"""

import argparse
import csv
import datetime
import io
import json
import os
import sys

DEFAULT_ROWS = 1_048_576


class Fault(Exception):
    """What is wrong with the file or the request."""


def cell_text(value):
    if value is None or value == "":
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        # A spreadsheet stores a date as a fraction of a day: round to the second it meant.
        if value.microsecond:
            value = (value + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
        return value.strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return repr(value.total_seconds())
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value)


def read_sheet(path, sheet, limit):
    import python_calamine as calamine

    name = os.path.basename(path)
    if not os.path.isfile(path):
        raise Fault(f"{path} is not a file")
    try:
        book = calamine.load_workbook(path)
    except calamine.PasswordError:
        raise Fault(f"{name} is protected by a password") from None
    except (calamine.CalamineError, OSError) as error:
        raise Fault(f"{name} is not a spreadsheet that can be read: {error}") from None
    with book:
        visible = [
            entry.name for entry in book.sheets_metadata
            if entry.typ == calamine.SheetTypeEnum.WorkSheet and entry.visible == calamine.SheetVisibleEnum.Visible
        ]
        if sheet is None:
            if not visible:
                raise Fault(f"{name} has no visible sheet")
            sheet = visible[0]
        try:
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=True)
        except calamine.WorksheetNotFound:
            raise Fault(f'{name} has no sheet "{sheet}" (it has: {", ".join(visible)})') from None
        except calamine.CalamineError as error:
            raise Fault(f'{name}, sheet "{sheet}": {error}') from None
    rows = [[cell_text(value) for value in row] for row in rows]
    while rows and not any(rows[0]):
        rows.pop(0)
    if not rows:
        raise Fault(f'{name}, sheet "{sheet}" is empty')
    header = [value.strip() for value in rows[0]]
    while header and not header[-1]:
        header.pop()
    seen = set()
    for index, title in enumerate(header):
        if not title:
            raise Fault(f'{name}, sheet "{sheet}": column {index + 1} has no header')
        if title in seen:
            raise Fault(f'{name}, sheet "{sheet}": two columns are named "{title}"')
        seen.add(title)
    data = []
    for number, row in enumerate(rows[1:], start=2):
        if any(row[len(header):]):
            raise Fault(f'{name}, sheet "{sheet}": row {number} has a value beyond the last column of the header')
        if any(row):
            data.append(row[:len(header)])
    if len(data) > limit:
        raise Fault(f'{name}, sheet "{sheet}" has {len(data)} rows, more than the limit of {limit}')
    return [header] + data


def main(arguments):
    parser = argparse.ArgumentParser(description="Writes a sheet of a spreadsheet file as CSV.")
    parser.add_argument("file")
    parser.add_argument("--sheet")
    parser.add_argument("--max-rows", type=int, default=DEFAULT_ROWS)
    options = parser.parse_args(arguments)
    try:
        rows = read_sheet(options.file, options.sheet, options.max_rows)
    except Fault as fault:
        print(json.dumps({"error": str(fault)}, ensure_ascii=False), file=sys.stderr)
        return 1
    except ImportError as error:
        print(json.dumps({"error": f"{error.name} is missing: run scripts/install-dependencies"}), file=sys.stderr)
        return 1
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    try:
        sys.stdout.buffer.write(text.getvalue().encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
