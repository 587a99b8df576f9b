import Cryptography
import Foundation
import Testing

@testable import sluice

@Suite struct SecretFileTests {
    /// At the first start the server and the worker beside it make the key at the same time.
    @Test func allWhoMakeTheKeyAtOnceGetTheSameOne() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-key-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        for round in 0..<20 {
            let path = folder.appendingPathComponent("key-\(round)").path
            nonisolated(unsafe) var keys = [[UInt8]?](repeating: nil, count: 8)
            keys.withUnsafeMutableBufferPointer { slots in
                nonisolated(unsafe) let slots = slots
                DispatchQueue.concurrentPerform(iterations: slots.count) { index in
                    slots[index] = try? SecretFile.key(at: path).withBytes { $0 }
                }
            }
            let first = try #require(keys[0])
            #expect(keys.allSatisfy { $0 == first })
            #expect(try SecretFile.existingKey(at: path).withBytes { $0 } == first)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(left.count == 20)
    }

    @Test func aMissingKeyIsAFailureThatSaysWhereToTakeItFrom() {
        let failure = #expect(throws: SecretFile.Failure.self) { try SecretFile.existingKey(at: "/nowhere/server-key") }
        #expect(failure?.description == "/nowhere/server-key: is missing; copy it from the server's data dir")
    }
}
