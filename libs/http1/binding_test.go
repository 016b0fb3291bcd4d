package http1

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestConnectionSchemes(t *testing.T) {
	for value, want := range map[string]bool{
		"NTLM":                             true,
		"ntlm TlRMTVNTUAAB":                true,
		"Negotiate":                        true,
		"NEGOTIATE oYG2==":                 true,
		"Nego2":                            true,
		`Basic realm="x", NTLM`:            true,
		`Basic realm="a, b" , negotiate`:   true,
		`Digest realm="\"", nonce=x,NTLM`:  true,
		",, NTLM":                          true,
		`Basic realm="x, NTLM`:             true, // nobody closes the quotes
		"":                                 false,
		",":                                false,
		"Basic":                            false,
		`Basic realm="NTLM, Negotiate"`:    false,
		`Digest realm="\", NTLM", nonce=x`: false,
		"NTLMv2":                           false,
		"Bearer NTLM":                      false,
		"X-Negotiate":                      false,
		"\"NTLM\"":                         false,
		`Basic realm=NTLM, charset="Negotiate\\"`: false,
	} {
		if got := namesConnectionScheme([]byte(value)); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestConnectionAuthOfAResponse(t *testing.T) {
	for text, want := range map[string]bool{
		"401 U\r\nWWW-Authenticate: NTLM":                                 true,
		"401 U\r\nwww-authenticate: Basic\r\nWWW-AUTHENTICATE: nTLM":      true,
		"407 P\r\nProxy-Authenticate: Negotiate":                          true,
		"401 U\r\nX-Authenticate: NTLM":                                   false,
		"200 O\r\nWWW-Authenticate: NTLM":                                 false,
		"401 U\r\nWWW-Authenticate: Basic realm=\"NTLM\"\r\nServer: NTLM": false,
	} {
		var h ResponseHead
		h.Reset(Limits{})
		if _, err := h.Parse([]byte("HTTP/1.1 " + text + "\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if got := h.ConnectionAuth(); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestConnectionAuthOfARequest(t *testing.T) {
	for lines, want := range map[string]bool{
		"Authorization: NTLM x":            true,
		"AUTHORIZATION:negotiate x":        true,
		"Proxy-Authorization: Negotiate x": true,
		"Authorization: Basic x":           false,
		"X-Authorization: NTLM x":          false,
	} {
		var h RequestHead
		h.Reset(Limits{})
		text := "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n\r\n"
		if _, err := h.Parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := h.ConnectionAuth(); got != want {
			t.Errorf("%q: %v, want %v", lines, got, want)
		}
		h.Reset(Limits{})
		if h.ConnectionAuth() {
			t.Errorf("%q: the next request has it too", lines)
		}
	}
}

func TestKeepAliveField(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"timeout=5":              5 * time.Second,
		"timeout=5, max=100":     5 * time.Second,
		"max=100,  Timeout = 7 ": 7 * time.Second,
		`timeout="9"`:            9 * time.Second,
		"timeout=0":              0,
		"max=3":                  -1,
		"":                       -1,
		"timeout":                -1,
		"timeout=":               -1,
		"timeout=x, x=timeout":   -1,
		"timeout=-1":             -1,
		"timeout=1.5":            -1,
		"timeout=99999999999999": (1<<31 - 1) * time.Second,
	} {
		var h ResponseHead
		h.Reset(Limits{})
		text := "HTTP/1.1 200 OK\r\nKeep-Alive: " + value + "\r\n\r\n"
		if _, err := h.Parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		got, said := h.KeepFor()
		if said != (want >= 0) || said && got != want {
			t.Errorf("%q: %v %v, want %v", value, got, said, want)
		}
	}
}

// Whatever stands before and behind it, a scheme that begins a challenge is found.
func FuzzConnectionSchemes(f *testing.F) {
	for _, seed := range []string{"", `Basic realm="x"`, `a="\`, `"`, ",", `a, "b`, "NTLM"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, other string) {
		namesConnectionScheme([]byte(other))
		if !namesConnectionScheme([]byte("NTLM, " + other)) {
			t.Errorf("not found before %q", other)
		}
		closed := strings.Count(other, `"`) == 0 && bytes.IndexByte([]byte(other), '\\') < 0
		if closed && !namesConnectionScheme([]byte(other+", Negotiate")) {
			t.Errorf("not found behind %q", other)
		}
	})
}
