package http2

const (
	staticEntries       = 61
	staticGet           = 2
	staticPost          = 3
	staticRoot          = 4
	staticHTTP          = 6
	staticHTTPS         = 7
	staticAuthorization = 23
	staticCookie        = 32
	staticProxyAuth     = 49
	staticSetCookie     = 55
)

// staticName is the index of a name in the static table (RFC 7541 appendix A), 0
// for a name that is not there.
func staticName(name []byte) int {
	switch string(name) {
	case ":authority":
		return 1
	case ":method":
		return staticGet
	case ":path":
		return staticRoot
	case ":scheme":
		return staticHTTP
	case "accept-charset":
		return 15
	case "accept-encoding":
		return 16
	case "accept-language":
		return 17
	case "accept-ranges":
		return 18
	case "accept":
		return 19
	case "access-control-allow-origin":
		return 20
	case "age":
		return 21
	case "allow":
		return 22
	case "authorization":
		return staticAuthorization
	case "cache-control":
		return 24
	case "content-disposition":
		return 25
	case "content-encoding":
		return 26
	case "content-language":
		return 27
	case "content-length":
		return 28
	case "content-location":
		return 29
	case "content-range":
		return 30
	case "content-type":
		return 31
	case "cookie":
		return staticCookie
	case "date":
		return 33
	case "etag":
		return 34
	case "expect":
		return 35
	case "expires":
		return 36
	case "from":
		return 37
	case "host":
		return 38
	case "if-match":
		return 39
	case "if-modified-since":
		return 40
	case "if-none-match":
		return 41
	case "if-range":
		return 42
	case "if-unmodified-since":
		return 43
	case "last-modified":
		return 44
	case "link":
		return 45
	case "location":
		return 46
	case "max-forwards":
		return 47
	case "proxy-authenticate":
		return 48
	case "proxy-authorization":
		return staticProxyAuth
	case "range":
		return 50
	case "referer":
		return 51
	case "refresh":
		return 52
	case "retry-after":
		return 53
	case "server":
		return 54
	case "set-cookie":
		return staticSetCookie
	case "strict-transport-security":
		return 56
	case "transfer-encoding":
		return 57
	case "user-agent":
		return 58
	case "vary":
		return 59
	case "via":
		return 60
	case "www-authenticate":
		return staticEntries
	}
	return 0
}
