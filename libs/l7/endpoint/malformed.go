package endpoint

import (
	"errors"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/l7/fault"
)

var errHeadTooLarge = fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol,
	"the header section is longer than allowed")

// malformed makes a fault of what a parser says of a response.
func malformed(err error) error {
	reason := "it cannot be read"
	if broken := (*http1.Error)(nil); errors.As(err, &broken) {
		reason = broken.Reason
	}
	return fault.Bad(fault.Endpoint, gwerr.UpstreamProtocol, reason)
}
