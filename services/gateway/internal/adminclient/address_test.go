package adminclient_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/adminclient"
)

func TestAddressesAreReadAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:9901":         "127.0.0.1:9901",
		"http://127.0.0.1:9901/": "127.0.0.1:9901",
		"localhost:1":            "localhost:1",
		":9901":                  "127.0.0.1:9901",
		"0.0.0.0:9901":           "127.0.0.1:9901",
		"[::]:9901":              "[::1]:9901",
		"[fd00::1]:9901":         "[fd00::1]:9901",
	} {
		if got, err := adminclient.ParseAddress(in); got != want || err != nil {
			t.Errorf("%s is %q (%v), want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"off":                   "turned off",
		"https://127.0.0.1:1":   "not https",
		"127.0.0.1":             "write host:port",
		"127.0.0.1:0":           "startup lines say which",
		"127.0.0.1:x":           "a number from 1 to 65535",
		"127.0.0.1:70000":       "a number from 1 to 65535",
		"a/b:1":                 "write host:port",
		"user@host:1":           "write host:port",
		"http://host:1/path":    "a number from 1 to 65535",
		"":                      "write host:port",
		"host:1\r\nX-Evil: 1":   "write host:port",
		"ho st:1":               "write host:port",
		"http://[::1%25eth0]:1": "",
	} {
		got, err := adminclient.ParseAddress(in)
		if want == "" {
			continue // only must not crash
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %q (%v), want an error with %q", in, got, err, want)
		}
	}
}
