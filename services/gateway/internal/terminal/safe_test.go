package terminal_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

func TestWhatATerminalWouldObeyIsEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, ümläut, 日本":  "plain text, ümläut, 日本",
		"":                        "",
		"\x1b[2Jgone":             `\x1b[2Jgone`,
		"two\nlines\r\tand a tab": `two\nlines\x0d\tand a tab`,
		"bell\a and null\x00":     `bell\x07 and null\x00`,
		"\u009b31m":               `\u009b31m`, // CSI in one character
		"\x9b31m":                 `\x9b31m`,
		"\xff\xfe":                `\xff\xfe`,
		"safe\u202egnp.exe":       `safe\u202egnp.exe`,
		"zero\u200bwidth":         `zero\u200bwidth`,
		"line\u2028separator":     `line\u2028separator`,
		"tag\U000e0041":           `tag\U000e0041`,
		"\x7f":                    `\x7f`,
		"\ufffd":                  "\ufffd",
	} {
		if got := terminal.Safe(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func harmless(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}) < 0
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"a", "\x1b[31m", "\xff", "\u202e", "日\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		safe := terminal.Safe(s)
		if !harmless(safe) || terminal.Safe(safe) != safe {
			t.Fatalf("%q becomes %q", s, safe)
		}
		if harmless(s) && !strings.ContainsAny(s, "\u2028\u2029") && safe != s {
			t.Fatalf("%q is harmless and becomes %q", s, safe)
		}
		var b bytes.Buffer
		if err := terminal.WriteJSON(&b, map[string]string{"k": s}); err != nil {
			t.Fatal(err)
		}
		if !harmless(strings.ReplaceAll(b.String(), "\n", "")) {
			t.Fatalf("JSON has %q", b.String())
		}
		var back map[string]string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil ||
			back["k"] != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Fatalf("JSON of %q reads back as %q (%v)", s, back["k"], err)
		}
	})
}

func TestJSONIsForPeopleToo(t *testing.T) {
	var b bytes.Buffer
	if err := terminal.WriteJSON(&b, map[string]any{
		"what": "3 -> 1 & <ok>", "odd": "\u009b\u202e\U000e0041",
	}); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"odd\": \"\\u009b\\u202e\\udb40\\udc41\",\n  \"what\": \"3 -> 1 & <ok>\"\n}\n"
	if b.String() != want {
		t.Errorf("got %s want %s", b.String(), want)
	}
	b.Reset()
	if err := terminal.WriteJSONLine(&b,
		json.RawMessage("{\"what\":  \"3 -> 1\",\n\"odd\": \"\u009b\u202e\"}")); err != nil {
		t.Fatal(err)
	}
	if want := "{\"what\":\"3 -> 1\",\"odd\":\"\\u009b\\u202e\"}\n"; b.String() != want {
		t.Errorf("got %s want %s", b.String(), want)
	}
}
