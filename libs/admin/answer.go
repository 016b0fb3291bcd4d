package admin

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

// Error is the body of every error, as openspec/errors.yaml has it.
type Error struct {
	Error struct {
		Code          string `json:"code"` // GW_…
		Message       string `json:"message"`
		CorrelationID string `json:"correlation_id"`
	} `json:"error"`
}

// idField is the field with the ID of an admin request; its value is in every answer before a
// handler runs.
const idField = "X-Request-Id"

// Fail is how a View answers with an error of the catalogue.
func Fail(w http.ResponseWriter, code gwerr.Code, message string) { fail(w, code, message) }

// Answer is how a View answers with v as JSON.
func Answer(w http.ResponseWriter, v any) { answer(w, http.StatusOK, v) }

// fail answers with an error of the catalogue.
func fail(w http.ResponseWriter, code gwerr.Code, message string) {
	send(w, code.Status(),
		append(gwerr.AppendBody(nil, code, message, w.Header().Get(idField)), '\n'))
}

// answer answers with v as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	b, err := encode(v)
	if err != nil {
		panic("admin: an answer can't be JSON: " + err.Error()) // all are plain structs
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		panic("admin: an answer is not JSON: " + err.Error()) // it was encoded just now
	}
	out.WriteByte('\n')
	send(w, status, out.Bytes())
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", gwerr.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away needs nothing
}

// encode is json.Marshal for readers, not for web pages: "->" stays "->".
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// moment is t as the answers have it: in UTC, with milliseconds.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// round leaves three digits of a number behind the point.
func round(f float64) float64 { return math.Round(f*1000) / 1000 }

// list is a list that is not written as null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
