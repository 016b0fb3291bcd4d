package config

// What becomes of the query of a request that is redirected.
const (
	QueryKeep = "keep"
	QueryDrop = "drop"
)

// Redirect sends clients to another URL, which is that of the request but for what it says. The
// rules are those of HTTPRequestRedirectFilter of the Kubernetes Gateway API.
type Redirect struct {
	Scheme        string `config:"scheme,form=scheme"`
	Host          string `config:"host,form=redirectHost"`
	Port          int    `config:"port,min=0,max=65535"`
	Path          string `config:"path,form=prefix"`
	ReplacePrefix string `config:"replace_prefix,form=prefix"`
	Status        int    `config:"status,min=301,max=308"`
	Query         string `config:"query,enum=keep|drop"` // QueryKeep or QueryDrop
}

func (Redirect) keyTexts() texts {
	return texts{
		"scheme": "`http` or `https`. Absent: the one that the client used, or " +
			"that the listener's `forwarded` says.",
		"host": "A host name or an IP address, without a port. Absent: the request's. A request " +
			"of HTTP/1.0 without a host is then 400 `GW_BAD_REQUEST`.",
		"port": "0 or absent: that of `scheme`, 80 or 443. Without `scheme` too, the port that " +
			"the client came to. The port of the request's Host field never counts, and the one " +
			"that a scheme has anyway is not written.",
		"path": "The whole path that takes the place of the request's. At most one of `path` and " +
			"`replace_prefix`.",
		"replace_prefix": "What takes the place of the route's `path_prefix`: `/` takes it off. " +
			"Slashes at the ends of the two mean nothing.",
		"status": "301, 302, 303, 307 or 308. Browsers keep 301 and 308 for long, and repeat the " +
			"method and the body for 307 and 308.",
		"query": "`keep` takes the request's query along, `drop` leaves it out.",
	}
}

// redirects are the statuses that a redirect may have.
func redirects(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// AnswersItself reports whether the requests of the route are answered without an endpoint.
func (r *Route) AnswersItself() bool { return r.Redirect != nil || r.Respond != nil }
