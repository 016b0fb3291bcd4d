package gwerr

// Code is one error the gateway answers with. The zero value, None, is no error. Values may change
// between versions; the name that String returns does not.
type Code uint8

// The codes, in the order of the catalogue.
const (
	None Code = iota
	BadRequest
	Unauthenticated
	Forbidden
	NoRoute
	MethodNotAllowed
	RequestTimeout
	BodyTooLarge
	URITooLong
	ContractRequest
	ContractResponse
	Misdirected
	RateLimited
	HeadersTooLarge
	Internal
	NotImplemented
	UpstreamConnect
	UpstreamTLS
	UpstreamReset
	UpstreamProtocol
	NoHealthyEndpoint
	Overloaded
	Draining
	UpstreamTimeout
	HTTPVersion
	LoopDetected
	AuthUnavailable

	numCodes

	// Count is how many values a Code has, None among them.
	Count = int(numCodes)
)

// Info is one row of the catalogue.
type Info struct {
	Code   Code
	Name   string // GW_…, stable
	Status int    // of the HTTP answer
	GRPC   int    // grpc-status of the answer to a gRPC request
	Header string // the response field that comes with it, "" for none
	Fault  Fault  // whose move it is
	// one sentence for the client; the message of the body unless the gateway has a better one
	Summary string
	Cause   string // what made the gateway answer so
	Action  string // what to do about it
}

// Fault says who can do something about an error.
type Fault string

// The parties to a request.
const (
	Client   Fault = "client"
	Gateway  Fault = "gateway"
	Upstream Fault = "upstream"
)

// Info returns the row of the code; the zero Info for None and for values that are no code.
func (c Code) Info() Info {
	if c >= numCodes {
		return Info{}
	}
	return catalogue[c]
}

// String returns the stable name, such as GW_BAD_REQUEST; "" for None.
func (c Code) String() string {
	if c >= numCodes {
		return ""
	}
	return catalogue[c].Name
}

// Status returns the HTTP status; 0 for None.
func (c Code) Status() int {
	if c >= numCodes {
		return 0
	}
	return catalogue[c].Status
}

// All returns the catalogue, without None, ordered by code. The slice is the caller's.
func All() []Info {
	return append([]Info(nil), catalogue[1:]...)
}

// Parse returns the code with the given name, and false when there is none.
func Parse(name string) (Code, bool) {
	for c := None + 1; c < numCodes; c++ {
		if catalogue[c].Name == name {
			return c, true
		}
	}
	return None, false
}
