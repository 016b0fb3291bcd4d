package grpc_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	grpccodes "google.golang.org/grpc/codes"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// stuckOrigin answers no call to its end; it tells of those that end for it.
func stuckEndpoint(left chan<- struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/test/Begun" {
			w.Header().Set("Content-Type", "application/grpc")
			_, _ = w.Write([]byte{0, 0, 0, 0, 1, 'x'})
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
		left <- struct{}{}
	})
}

// message frames a message as gRPC does, compressed or not.
func message(compressed byte, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{compressed}, uint32(len(b))), b...)
}

// postCall sends the bytes of a call, and reads all of the answer.
func postCall(
	t *testing.T, f *testkit.Front, path string, body []byte, edit func(http.Header),
) (*http.Response, []byte) {
	t.Helper()
	c, base := edgetest.ClientOf(t, f.Authority, f.Process, "HTTP/2")
	// of unknown length
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+path,
		io.MultiReader(bytes.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc+proto")
	r.Header.Set("Te", "trailers")
	if edit != nil {
		edit(r.Header)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, got
}

// The gateway touches neither compressed messages nor what says how they are, and keeps the shape
// of trailers.
func TestGRPCBytesAreNotTouched(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	seen := make(chan http.Header, 1)
	address := edgetest.Serve(t, authority, "h2c",
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return
			}
			seen <- r.Header
			w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
			if r.URL.Path == "/test/Only" {
				w.Header().Set("Grpc-Status", "5")
				w.Header().Set("Grpc-Message", "not%20here")
				return // one HEADERS frame that ends the stream
			}
			w.Header().Set("Trailer", "Grpc-Status")
			w.Header().Set("Grpc-Encoding", r.Header.Get("Grpc-Encoding"))
			_, _ = w.Write(body)
			w.Header().Set("Grpc-Status", "0")
		}))
	f := testkit.StartFront(t, authority, testkit.Cluster{Address: address, Protocol: "h2c"})

	body := slices.Concat(message(1, []byte("this is not gzip")), message(0, nil),
		message(1, bytes.Repeat([]byte{0x1f, 0x8b}, 50_000)))
	resp, got := postCall(t, f, "/test/Echo", body, func(h http.Header) {
		h.Set("Grpc-Encoding", "gzip")
		h.Set("Grpc-Accept-Encoding", "gzip, identity")
	})
	h := <-seen
	if h.Get("Te") != "trailers" || h.Get("Grpc-Encoding") != "gzip" ||
		h.Get("Grpc-Accept-Encoding") != "gzip, identity" ||
		h.Get("Content-Type") != "application/grpc+proto" {
		t.Errorf("the endpoint gets %v", h)
	}
	if !bytes.Equal(got, body) || resp.Header.Get("Grpc-Encoding") != "gzip" ||
		resp.Header.Get("Content-Encoding") != "" {
		t.Errorf("%d bytes come back of %d, header %v", len(got), len(body), resp.Header)
	}
	if resp.Header.Get("Grpc-Status") != "" || resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("the status is in the header (%v) or not in the trailer (%v)", resp.Header,
			resp.Trailer)
	}

	resp, got = postCall(t, f, "/test/Only", nil, nil)
	<-seen
	if len(got) > 0 || resp.StatusCode != 200 || resp.Header.Get("Grpc-Status") != "5" ||
		resp.Header.Get("Grpc-Message") != "not%20here" || len(resp.Trailer) > 0 {
		t.Errorf("trailers only: %v, header %v, trailer %v, %d bytes", resp.Status, resp.Header,
			resp.Trailer, len(got))
	}
}

// What the gateway answers to a call is a gRPC status, in an HTTP response that is fine, with the
// code of the error.
func TestGRPCErrorsOfTheGatewayAreStatuses(t *testing.T) {
	t.Parallel()
	authority := testkit.NewAuthority(t)
	up := edgetest.Serve(t, authority, "h2c",
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	gone := testkit.NewUpstream(t, nil)
	gone.Close()
	f := testkit.StartFront(t, authority, testkit.Cluster{
		Address: up, Protocol: "h2c", Route: ", path_prefix: /test.Reset",
	})
	edgetest.Edit(t, f, "clusters: [",
		`clusters: [{name: gone, protocol: h2c, endpoints: [{address: "`+gone.Addr()+`"}]}, `)
	edgetest.Edit(t, f, "routes: [",
		`routes: [{name: one, path_prefix: /test.Connect, cluster: gone}, {name: get, path_prefix: /test.Get, methods: [GET], cluster: gone}, `)
	for _, c := range []struct {
		path, code string
		status     grpccodes.Code
	}{
		{"/test.None/Do", "GW_NO_ROUTE", grpccodes.Unimplemented},
		{"/test.Get/Do", "GW_METHOD_NOT_ALLOWED", grpccodes.Unimplemented},
		{"/test.Connect/Do", "GW_UPSTREAM_CONNECT", grpccodes.Unavailable},
		{"/test.Reset/Do", "GW_UPSTREAM_RESET", grpccodes.Unavailable},
	} {
		resp, body := postCall(t, f, c.path, message(0, []byte("x")), nil)
		md := resp.Header // of a response that is trailers only
		if resp.StatusCode != 200 || len(body) > 0 || len(resp.Trailer) > 0 ||
			md.Get("Content-Type") != "application/grpc" ||
			md.Get("Grpc-Status") != strconv.Itoa(int(c.status)) ||
			md.Get("X-Gateway-Code") != c.code || md.Get("Grpc-Message") == "" ||
			md.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v, header %v, trailer %v, %q; want %s and status %d", c.path,
				resp.Status, md, resp.Trailer, body, c.code, c.status)
		}
	}
	// gRPC's own client reads them too.
	o := call(within(t, testkit.Deadline), dialCalls(t, f, "tls"), "/test.None/Do", nil)
	if o.status.Code() != grpccodes.Unimplemented || o.code() != "GW_NO_ROUTE" ||
		o.status.Message() == "" {
		t.Errorf("its own client got %v, %q", o.status, o.code())
	}
	// What is no call gets what it always did.
	resp, body := postCall(t, f, "/none", nil, func(h http.Header) {
		h.Set("Content-Type", "application/grpc-web")
	})
	if resp.StatusCode != 404 || !strings.Contains(string(body), "GW_NO_ROUTE") {
		t.Errorf("no call: %v %s", resp.Status, body)
	}
}
