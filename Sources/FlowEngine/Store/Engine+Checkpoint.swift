// SPDX-License-Identifier: Apache-2.0

package import FlowCore

extension Engine {
    /// Moves the log to the database file each time it has grown by so many pages, so that tests see it moved.
    package func checkpoint(everyPages pages: Int) async throws(StoreError) {
        try await store.perform { writer throws(StoreError) in writer.pagesPerCheckpoint = pages }
    }
}
