package main_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// adminStatus is what the edge's admin API says of it.
func adminStatus(t *testing.T, e *testkit.Edge) (s admin.Status) {
	t.Helper()
	client := &http.Client{Timeout: testkit.Deadline, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + e.Addr("admin") + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
