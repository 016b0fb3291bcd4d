package differ

import "github.com/gatewayhomebrew/gateway/libs/openapi/value"

// sameNumber reports whether two numbers of JSON are worth the same, with all their digits: 1, 1.0
// and 10e-1.
func sameNumber(a, b string) bool {
	var p, q [40]byte // most numbers need no more
	return value.ParseDecimal([]byte(a), p[:]).Cmp(value.ParseDecimal([]byte(b), q[:])) == 0
}
