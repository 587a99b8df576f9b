/// Which sessions stand in for each other: none leaves its event loop, so what is idle on one is no help on another.
struct SessionKey: Hashable, Sendable {
    var kind: SessionKind
    /// Index of the event loop.
    var loop: Int
    /// Whether many use the session at once; such a one is never lent.
    var isShared = false
}
