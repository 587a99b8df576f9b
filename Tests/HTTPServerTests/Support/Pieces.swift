@testable import HTTPServer

/// Passes `bytes` on in pieces of `size`, as a connection does: what is not taken is passed again with the next piece.
///
/// - Parameter take: Returns how many bytes it has used and whether it can use more of what is held.
/// - Returns: What was left at the end.
func feed(
    _ bytes: [UInt8], pieces size: Int, _ take: ([UInt8]) throws(WireError) -> (used: Int, goesOn: Bool)
) throws(WireError) -> [UInt8] {
    var held: [UInt8] = []
    var next = 0
    while next < bytes.count {
        let end = min(next + size, bytes.count)
        held += bytes[next..<end]
        next = end
        var goesOn = true
        while goesOn {
            let taken = try take(held)
            held.removeFirst(taken.used)
            goesOn = taken.goesOn
        }
    }
    return held
}
