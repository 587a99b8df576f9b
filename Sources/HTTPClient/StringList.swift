internal import CCurl

/// Lines as libcurl's list, freed exactly once.
struct StringList: ~Copyable {
    let list: UnsafeMutablePointer<curl_slist>?

    init(_ lines: [String]) throws(HTTPClientError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw HTTPClientError(.failed, "there is no memory for a request's options")
            }
            list = longer
        }
        self.list = list
    }

    deinit { curl_slist_free_all(list) }
}
