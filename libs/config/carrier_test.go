package config

import "testing"

func TestWhereCredentialsMayBe(t *testing.T) {
	for s, want := range map[string]Carrier{
		"header:X-API-Key":     {InHeader, "x-api-key"},
		"header:Authorization": {InHeader, "authorization"},
		"query:Key":            {InQuery, "Key"},
		"query:a b":            {InQuery, "a b"}, "cookie:Key": {InCookie, "Key"},
		"": {}, "header": {}, "header:": {}, "query:": {}, "cookie:a b": {}, "header:X Y": {},
		"body:key": {}, "Header:X": {}, "header:Host": {}, "header:content-length": {},
		"header:Transfer-Encoding": {}, "header:Cookie": {}, "query:host": {InQuery, "host"},
	} {
		if got, err := ParseCarrier(s); got != want || (err == nil) != (want != Carrier{}) {
			t.Errorf("%q is %v, %v, want %v", s, got, err, want)
		}
	}
}
