extension Set<String> {
    /// The words between spaces and line breaks of a text.
    init(words text: String) { self.init(text.split { $0 == " " || $0 == "\n" }.map(String.init)) }
}
