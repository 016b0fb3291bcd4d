package exchange

import "github.com/gatewayhomebrew/gateway/libs/gwerr"

// theirs reports whether it is the client who has brought the failure about, and no endpoint.
func (f *Failure) theirs() bool {
	asTold := f.Code == gwerr.None && f.Route != "" && f.Cluster == ""
	return (f.Status < 500 || asTold) && !f.upstreams()
}

// upstreams reports whether an endpoint failed, though the client has got another status.
func (f *Failure) upstreams() bool {
	return f.Code != gwerr.None && f.Code.Info().Fault == gwerr.Upstream
}
