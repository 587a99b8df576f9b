"""Bodies that schemathesis cannot write by itself: they are texts, sent as they are."""

import schemathesis


@schemathesis.serializer("application/x-ndjson", "text/csv")
def text(ctx, value):
    if isinstance(value, bytes):
        return value
    return str(value).encode("utf-8", errors="surrogatepass")
