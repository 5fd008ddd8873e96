/// Pages that are fetched one by one, as a loop asks for them.
///
/// ```swift
/// for try await page in device.pages(matching: "张三") { rows += page.rows }
/// ```
public struct Pages<Page: Sendable>: AsyncSequence, Sendable {
    public typealias Element = Page

    private let fetch: @Sendable (_ cursor: String?) async throws -> (Page, next: String?)

    init(_ fetch: @escaping @Sendable (_ cursor: String?) async throws -> (Page, next: String?)) {
        self.fetch = fetch
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(fetch: fetch)
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let fetch: @Sendable (_ cursor: String?) async throws -> (Page, next: String?)
        private var cursor: String?
        private var isAtEnd = false

        fileprivate init(
            fetch: @escaping @Sendable (_ cursor: String?) async throws -> (Page, next: String?)
        ) {
            self.fetch = fetch
        }

        public mutating func next() async throws -> Page? {
            if isAtEnd { return nil }
            let (page, next) = try await fetch(cursor)
            cursor = next
            isAtEnd = next == nil
            return page
        }
    }
}
