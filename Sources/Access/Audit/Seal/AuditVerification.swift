/// What the verification of a piece of the chains found.
public struct AuditVerification: Sendable {
    /// One thing that is not as it was sealed.
    public struct Fault: Sendable, Equatable {
        /// What is wrong; the words are the API's.
        public enum Problem: String, Sendable, CaseIterable {
            /// As many entries as were sealed, but not the same.
            case entriesChanged
            /// Fewer entries than were sealed.
            case entriesMissing
            /// More entries than were sealed, or some where retention left none.
            case entriesAdded
            /// The seal is not by the server's key, or says something else than it did.
            case sealChanged
            /// Seals between this and the one before are gone.
            case sealsMissing
            /// The seal does not follow from the one before.
            case linkBroken
            /// Entries are said to be erased by retention, which did not.
            case erasureForged
            /// A seal that was seen before is gone, with all after it, or another stands in its place.
            case cutOff
            /// Entries are not sealed though they could be.
            case unsealed
        }

        public var chain: AuditChain
        public var problem: Problem
        /// Its number; `nil` where no one seal is concerned.
        public var seal: Int64?
        /// The batch's ids: greater than the first, at most the second.
        public var ids: Range<Int64>?
        /// When the earliest and the latest of the entries concerned were written, as sealed, in RFC 3339.
        public var from: String?
        /// The latest.
        public var to: String?
        public var detail: String
    }

    /// Where the next piece begins: after this seal of this chain.
    public struct Place: Sendable, Equatable {
        public var chain: AuditChain
        /// Of the seal; 0: before the first.
        public var number: Int64

        public init(chain: AuditChain, number: Int64) {
            self.chain = chain
            self.number = number
        }
    }

    /// Seals that were looked at in this piece.
    public var seals = 0
    /// Entries that are there and were compared with their seals.
    public var entries: Int64 = 0
    /// Entries that retention has erased.
    public var erased: Int64 = 0
    /// Entries that came after the last seal, in chains whose end this piece has reached.
    public var unsealed: Int64 = 0
    /// In the order of the chains; at most `AuditVerifier.maxFaults`, at which the verification ends.
    public var faults: [Fault] = []
    /// The last seals of the chains whose end this piece has reached.
    public var heads: [AuditHead] = []
    /// `nil`: this was the last piece.
    public var next: Place?
}
