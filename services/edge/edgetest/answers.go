package edgetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// WantError checks that an answer is the gateway's own, with this status and error code.
func WantError(t testing.TB, r *testkit.Response, status int, want string) {
	t.Helper()
	code, problem := Envelope(r)
	if r.Status != status || code != want || problem != "" {
		t.Errorf("got %d %s (%s), want %d %s", r.Status, code, problem, status, want)
	}
}

// Envelope checks the body of an error that the gateway itself answered, and returns its code. The
// problem is "" when all is well.
func Envelope(r *testkit.Response) (code, problem string) {
	var doc struct {
		Error struct {
			Code          string `json:"code"`
			Message       string `json:"message"`
			CorrelationID string `json:"correlation_id"`
		} `json:"error"`
	}
	if r == nil {
		return "", "no response"
	}
	if err := json.Unmarshal(r.Body, &doc); err != nil {
		return "", fmt.Sprintf("no error envelope: %.60q", r.Body)
	}
	id, content := r.Fields.Get("X-Request-Id"), r.Fields.Get("Content-Type")
	switch e := doc.Error; {
	case !strings.HasPrefix(e.Code, "GW_") || e.Message == "" || e.CorrelationID == "":
		return e.Code, fmt.Sprintf("incomplete error envelope %s", r.Body)
	case id != e.CorrelationID:
		return e.Code,
			fmt.Sprintf("X-Request-Id %q is not the correlation_id %q", id, e.CorrelationID)
	case !strings.HasPrefix(content, "application/json"):
		return e.Code, fmt.Sprintf("Content-Type %q", content)
	case statusOf(e.Code) != r.Status:
		return e.Code, fmt.Sprintf("%s with status %d", e.Code, r.Status)
	}
	return doc.Error.Code, ""
}

// statusOf is the HTTP status of a code, 0 for a code that these tests do not meet. The catalogue
// in libs/gwerr is not asked on purpose: it is part of what is tested.
func statusOf(code string) int {
	switch code {
	case "GW_BAD_REQUEST":
		return 400
	case "GW_NO_ROUTE":
		return 404
	case "GW_METHOD_NOT_ALLOWED":
		return 405
	case "GW_REQUEST_TIMEOUT":
		return 408
	case "GW_BODY_TOO_LARGE":
		return 413
	case "GW_URI_TOO_LONG":
		return 414
	case "GW_MISDIRECTED":
		return 421
	case "GW_HEADERS_TOO_LARGE":
		return 431
	case "GW_INTERNAL":
		return 500
	case "GW_NOT_IMPLEMENTED":
		return 501
	case "GW_UPSTREAM_CONNECT", "GW_UPSTREAM_RESET", "GW_UPSTREAM_PROTOCOL":
		return 502
	case "GW_NO_HEALTHY_ENDPOINT", "GW_OVERLOADED", "GW_DRAINING":
		return 503
	case "GW_UPSTREAM_TIMEOUT":
		return 504
	case "GW_HTTP_VERSION":
		return 505
	case "GW_LOOP_DETECTED":
		return 508
	}
	return 0
}
