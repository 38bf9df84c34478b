# SPDX-License-Identifier: Apache-2.0
"""python3 -m unittest discover -s workflows/research"""

import unittest

from markup import LaTeX, Typst, write


def typst(text):
    return "\n\n".join(block for block, _ in write(text, Typst({"cobb1978": 1})))


def latex(text):
    return "\n\n".join(block for block, _ in write(text, LaTeX()))


class MarkupTests(unittest.TestCase):
    def test_commands_are_text(self):
        self.assertEqual(typst('#read("/etc/passwd") // x'), '\\#read(\\"\\/etc\\/passwd\\") \\/\\/ x')
        self.assertEqual(latex(r"\input{/etc/passwd} 50 % of_all"), r"\textbackslash{}input\{/etc/passwd\} 50~\% of\_all")
        self.assertEqual(latex(r"$\input{x}$"), r"\texttt{\textbackslash{}input\{x\}}")
        self.assertEqual(typst(r"$\input{x}$"), '#raw("\\\\input{x}")')

    def test_formulas(self):
        self.assertEqual(typst(r"$\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i$"),
                         "$macron(x) = frac(1, n) sum_(i = 1)^(n) x_(i)$")
        self.assertEqual(latex(r"$\bar{x} = \frac{1}{n}$"), r"$\bar{x} = \frac{1}{n}$")
        self.assertEqual(latex(r"$\frac{1}{n$"), r"\texttt{\textbackslash{}frac\{1\}\{n}")

    def test_formulas_of_other_marks(self):
        self.assertEqual(typst("So:\n\n\\[ \\text{Body Mass} = 2 \\times\n m \\]\n\nand \\(x\\)."),
                         'So:\n\n$"Body Mass" = 2 times m$\n\nand $x$.')
        self.assertEqual(latex("\\[ \\text{Body Mass} = m \\]"), "$\\text{Body Mass} = m$")
        self.assertEqual(latex("\\[ \\text{\\input{x}} \\]"), r"\texttt{\textbackslash{}text\{\textbackslash{}input\{x\}\}}")
        self.assertEqual(typst("cut \\[ x"), "cut \\\\\\[ x")

    def test_a_list_goes_on_behind_a_text(self):
        text = "1. a\n2. b\n\nBetween.\n\n3. c\n4. d"
        self.assertEqual(typst(text), "+ a\n+ b\n\nBetween.\n\n3. c\n+ d")
        self.assertEqual(latex(text).split("\n")[-4:],
                         ["\\setcounter{enumi}{2}", "\\item c", "\\item d", "\\end{enumerate}"])

    def test_blocks(self):
        self.assertEqual(typst("One *two* **three**.\n\n1. a\n2. b\n\nEnd"),
                         "One #emph[two] #strong[three].\n\n+ a\n+ b\n\nEnd")
        self.assertEqual(latex("- a\n- b"), "\\begin{itemize}\n\\item a\n\\item b\n\\end{itemize}")
        self.assertEqual(typst("As was found [@cobb1978]."), "As was found [1].")


if __name__ == "__main__":
    unittest.main()
