package errorpages

import (
	"strings"
	"testing"
)

var full = &filling{
	status: 503, code: "GW_OVERLOADED", message: "<b>&\"'`\\=\r\n{status}", id: []byte("id<1>"),
}

func TestKnownPlacesAreFilledIn(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "",
		"a{status}b{reason}{code}": "a503bService UnavailableGW_OVERLOADED",
		"{message}":                "&lt;b&gt;&amp;&#34;&#39;&#96;&#92;&#61;&#13;&#10;{status}",
		"{request.id}":             "id&lt;1&gt;",
		"{status}{status}":         "503503",
		"x{y{status}":              "x{y503",
		"{}{status}}":              "{}503}",
	} {
		if got := string(parse([]byte(in)).append(nil, full)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for _, same := range []string{
		"{request.host}{x.y}{env.HOME}", "a{color:red}@media x{p{margin:0}}", "`${status} ${x}`",
		"{{status}} {{ status }}", "{", "{status", "{STATUS}", "{ status }",
	} {
		if got := string(parse([]byte(same)).append(nil, full)); got != same {
			t.Errorf("%s became %s", same, got)
		}
	}
	if got := string(parse([]byte("{reason}{code}{message}")).append(nil,
		&filling{status: 599})); got != "" {
		t.Errorf("of a status without a name: %s", got)
	}
}

func FuzzPage(f *testing.F) {
	f.Add("a{status}${code}{{message}}{request.id}{")
	f.Fuzz(func(t *testing.T, text string) {
		p := parse([]byte(text))
		var back strings.Builder
		for _, piece := range p.pieces {
			back.Write(piece.text)
			back.WriteString(placeholders[piece.value])
		}
		if back.String() != text {
			t.Errorf("%q was read as %q", text, back.String())
		}
		if out := string(p.append(nil, &filling{message: "<\""})); strings.Count(out, "<") >
			strings.Count(text, "<") {
			t.Errorf("%q", out)
		}
	})
}
