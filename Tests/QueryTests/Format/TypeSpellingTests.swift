import Query
import Testing

@Suite struct TypeSpellingTests {
    @Test(
        arguments: [
            (1700, 655_366, "numeric(10,2)"), (1700, -1, "numeric"), (1700, 198_658, "numeric(3,-2)"),
            (1231, 655_366, "numeric(10,2)[]"), (1042, 7, "character(3)"), (1042, -1, "bpchar"),
            (1043, 24, "character varying(20)"), (1184, 3, "timestamp(3) with time zone"),
            (1184, -1, "timestamp with time zone"), (1115, 0, "timestamp(0) without time zone[]"), (20, -1, "bigint"),
            (2249, -1, "record"), (99_999, -1, "unknown"),
        ] as [(UInt32, Int32, String)])
    func typesAreSpeltAsFormatTypeDoes(_ oid: UInt32, _ modifier: Int32, _ spelling: String) {
        #expect(FormatColumn(name: "x", typeOID: oid, typeModifier: modifier).typeName == spelling)
    }
}
