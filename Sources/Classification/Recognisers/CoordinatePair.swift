/// Latitude and longitude in two columns side by side.
enum CoordinatePair {
    static func stand(in first: ColumnStatistics, _ second: ColumnStatistics) -> Bool {
        guard let latitudes = degrees(first), let longitudes = degrees(second) else { return false }
        let (south, north) = (latitudes.min() ?? 0, latitudes.max() ?? 0)
        let (west, east) = (longitudes.min() ?? 0, longitudes.max() ?? 0)
        guard south >= -90, north <= 90, west >= -180, east <= 180 else { return false }
        // Over the world, where longitudes go where latitudes cannot, or around one place far from the origin.
        let isWide = north - south > 20 && east - west > 30 && (east > 90 || west < -90)
        let isPlace = north - south < 20 && east - west < 40 && abs(south) > 10 && north - south < abs(south)
        return isWide || isPlace
    }

    static func verdict(_ column: ColumnStatistics) -> Verdict {
        Verdict(
            entity: .coordinates, confidence: 0.7,
            evidence: Evidence(
                share: 1, valueCount: column.values.count, recogniser: "coordinates: latitude beside longitude",
                nameRule: nil))
    }

    /// The column's decimals, when it has nothing else, and most have four places or more.
    private static func degrees(_ column: ColumnStatistics) -> [Double]? {
        let decimals = column.values.compactMap { Coordinates.decimal($0.bytes) }
        guard decimals.count >= 8, decimals.count * 10 >= column.values.count * 9 else { return nil }
        guard decimals.count(where: { $0.places >= 4 }) * 10 >= decimals.count * 8 else { return nil }
        return decimals.map(\.value)
    }
}
