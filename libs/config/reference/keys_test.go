package reference_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config/reference"
)

func TestEveryKeyHasAText(t *testing.T) {
	for _, k := range reference.Keys() {
		if k.Text == "" {
			t.Errorf("%s has no text", k.Path)
		}
		if strings.Contains(k.Text, "|") {
			t.Errorf("%s: a bar breaks the table", k.Path)
		}
	}
}

func TestKeysKnowTheirDefaults(t *testing.T) {
	byPath := make(map[string]reference.Key)
	for _, k := range reference.Keys() {
		byPath[k.Path] = k
	}
	for path, want := range map[string]string{
		"listeners[].timeouts.idle":       "1h",
		"listeners[].timeouts.overall":    "0s",
		"clusters[].timeouts.idle":        "1m30s",
		"clusters[].endpoints[].weight":   "1",
		"routes[].retry.budget":           "20%",
		"routes[].retry.on":               "[connect, reset]",
		"routes[].max_body_bytes":         "10485760",
		"access_log.sample":               "1",
		"listeners[].limits.max_headers":  "100",
		"clusters[].health.passive.floor": "1%",
	} {
		if got := byPath[path].Default; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
