package hostname

import "bytes"

// OfAuthority returns the host of an authority, which is the Host field of a request: the port, one
// trailing dot and the brackets of an IPv6 address are cut off. v6 says that the host is an IPv6
// address, which has no labels. It allocates nothing; host is a part of authority. What is in
// brackets and no address has no host: nil.
func OfAuthority(authority []byte) (host []byte, v6 bool) {
	host = authority
	if len(host) > 0 && host[0] == '[' {
		end := bytes.IndexByte(host, ']')
		if end < 0 || bytes.IndexByte(host[:end], ':') < 0 {
			return nil, false
		}
		return host[1:end], true
	}
	if i := bytes.IndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if n := len(host); n > 1 && host[n-1] == '.' {
		host = host[:n-1]
	}
	return host, false
}
