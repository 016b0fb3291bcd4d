package differential_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
)

// An exchange is a request and the response to it, as they are meant. It is made of its number
// alone, so that it can be made again.
type exchange struct {
	number uint64

	method  string
	target  string // path and query
	fields  http.Header
	body    string
	unsized bool // the body is sent without saying how long it is
	expects bool // 100-continue
	trailer http.Header

	status    int
	interim   int // 103s before the response
	answer    http.Header
	content   string
	length    bool // the response says how long it is
	flushes   bool // it is sent in pieces
	closing   bool // it ends the connection
	trailers  http.Header
	announced bool // they are, before the body
}

// from makes the exchange with a number.
func from(number uint64) *exchange {
	r := rand.New(rand.NewPCG(number, 0)) //nolint:gosec // nothing is to be kept from guessing
	x := &exchange{number: number}
	x.method = pick(r, "GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "PATCH", "DELETE",
		"OPTIONS", "PROPFIND", "x-custom")
	x.target = target(r)
	x.fields = fields(r, "X-Q")
	if r.IntN(3) == 0 {
		x.fields.Set("Cookie", cookies(r))
	}
	if r.IntN(4) == 0 {
		x.fields.Set("Authorization", "Bearer "+text(r, tokens, 20))
	}
	if r.IntN(4) == 0 {
		x.fields.Set("User-Agent", "agent/"+text(r, digits, 3))
	}
	if strings.Contains("POST PUT PATCH DELETE PROPFIND x-custom", x.method) {
		x.body = content(r)
		x.unsized = r.IntN(2) == 0
		x.expects = x.body != "" && r.IntN(12) == 0
		if x.unsized && r.IntN(2) == 0 {
			x.trailer = short(fields(r, "X-T"))
		}
		if r.IntN(2) == 0 {
			x.fields.Set("Content-Type", pick(r, "text/plain", "application/json",
				"multipart/form-data; boundary=x"))
		}
	}
	x.respond(r)
	return x
}

func (x *exchange) respond(r *rand.Rand) {
	x.status = []int{
		200, 200, 200, 200, 201, 202, 203, 204, 206, 207, 301, 302, 304, 307, 400, 401, 403, 404,
		409, 410, 418, 422, 429, 451, 500, 501, 502, 503, 504, 599,
	}[r.IntN(30)]
	if r.IntN(6) == 0 {
		x.interim = 1 + r.IntN(3)
	}
	x.answer = fields(r, "X-R")
	for range r.IntN(4) {
		x.answer.Add("Set-Cookie", cookies(r)+"; Path=/; HttpOnly")
	}
	if r.IntN(4) == 0 {
		x.answer.Set("Etag", `"`+text(r, tokens, 10)+`"`)
		x.answer.Set("Cache-Control", "max-age="+text(r, "123456789", 3)+", private")
	}
	if r.IntN(8) == 0 {
		x.answer.Set("Location", "/elsewhere?"+text(r, tokens, 9))
	}
	if x.status == 204 || x.status == 304 {
		return
	}
	x.content = content(r)
	x.length = r.IntN(2) == 0
	x.flushes = !x.length && r.IntN(2) == 0
	// What a server that closes does with a body that it has read is up to chance.
	x.closing = r.IntN(20) == 0 && x.body == "" && !x.unsized
	if !x.length && x.method != "HEAD" && r.IntN(3) == 0 {
		x.trailers = short(fields(r, "X-E"))
		x.announced = r.IntN(2) == 0
	}
}

// The letters that texts are made of. In values there are bytes beyond ASCII too, which
// are opaque (RFC 9110 section 5.5).
const (
	digits  = "0123456789"
	tokens  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"
	names   = "abcdefghijklmnopqrstuvwxyz0123456789-!#$%&'*+.^`|~"
	values  = tokens + " \t!\"#$%&'()*+,/:;<=>?@[\\]^`{|}\x80\xa9\xc3\xe9\xff"
	inPath  = "abcXYZ019-._~!$&'()*+,;=:@"
	inQuery = inPath + "/?"
)

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

// text is up to n letters.
func text(r *rand.Rand, letters string, n int) string {
	b := make([]byte, 1+r.IntN(n))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// target is a path in its normal form, which the edge does not change, and perhaps a query.
func target(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString("/p" + text(r, inPath, 12))
		if r.IntN(4) == 0 {
			b.WriteString(pick(r, "%20", "%C3%A9", "%22", "%3C", "%7B", "%3F"))
		}
	}
	if r.IntN(5) == 0 {
		b.WriteByte('/')
	}
	switch r.IntN(4) {
	case 0:
		b.WriteString("?" + text(r, inQuery, 40))
	case 1:
		b.WriteString("?a=1&b=%2F..%2f&c&=&" + text(r, inQuery, 10) + "%00%ff")
	}
	return b.String()
}

// fields are some fields, in which names may come more than once.
func fields(r *rand.Rand, prefix string) http.Header {
	h := http.Header{}
	for range r.IntN(8) {
		name := http.CanonicalHeaderKey(prefix + text(r, names, 12))
		for range 1 + r.IntN(5)/4 {
			h.Add(name, value(r))
		}
	}
	return h
}

// short takes the long values out of a trailer section, which net/http bounds at 4 KiB.
func short(h http.Header) http.Header {
	for name, all := range h {
		for i := range all {
			all[i] = strings.Trim(all[i][:min(len(all[i]), 60)], " \t")
		}
		h[name] = all
	}
	return h
}

// value is a field's value. White space around it is not a part of it.
func value(r *rand.Rand) string {
	switch r.IntN(10) {
	case 0:
		return ""
	case 1:
		return strings.Repeat("long ", 100+r.IntN(300)) + "."
	}
	return strings.Trim(text(r, values, 60), " \t")
}

func cookies(r *rand.Rand) string {
	var all []string
	for i := range 1 + r.IntN(5) {
		all = append(all, fmt.Sprintf("c%d=%s", i, text(r, tokens, 30)))
	}
	return strings.Join(all, "; ")
}

// content is a body: none, short, or larger than the buffers on the way.
func content(r *rand.Rand) string {
	n := 0
	switch r.IntN(8) {
	case 0, 1:
	case 2:
		n = 1 + r.IntN(20_000)
	case 3:
		if r.IntN(4) == 0 {
			n = 60_000 + r.IntN(200_000)
		}
	default:
		n = 1 + r.IntN(300)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}
