package jwt

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// accepted is what encoding/json makes of a text that is one object; false: nothing.
func accepted(data []byte) (map[string]any, bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v map[string]any
	if !json.Valid(data) || d.Decode(&v) != nil || v == nil {
		return nil, false
	}
	return v, true
}

func TestJSONThatIsRefused(t *testing.T) {
	deep := func(n int) string {
		return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}"
	}
	for text, want := range map[string]error{
		`{}`: nil, ` { } `: nil, `{"a":-0.5e+3,"b":[ ],"c":{"d":null}}`: nil, deep(15): nil,
		`{"\u0000":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`: nil,
		deep(16): errDeep, deep(9000): errDeep, `{"a":1,"a":1}`: errDouble,
		`{"a":1,"\u0061":1}`: errDouble, `{"":1,"":1}`: errDouble, `{"a":1,"A":1}`: nil,
		``: errSyntax, `[]`: errSyntax, `null`: errSyntax, `{`: errSyntax, `{}x`: errSyntax,
		`{}{}`:  errSyntax,
		`{"a"}`: errSyntax, `{"a":}`: errSyntax, `{"a":1,}`: errSyntax, `{,}`: errSyntax,
		`{a:1}`:   errSyntax,
		`{'a':1}`: errSyntax, `{"a":01}`: errSyntax, `{"a":.5}`: errSyntax, `{"a":1.}`: errSyntax,
		`{"a":+1}`: errSyntax, `{"a":1e}`: errSyntax, `{"a":0x1}`: errSyntax,
		`{"a":NaN}`: errSyntax,
		`{"a":tru}`: errSyntax, `{"a":True}`: errSyntax, `{"a":[1,]}`: errSyntax,
		`{"a":[1 2]}`:          errSyntax,
		`{"a":"` + "\n" + `"}`: errSyntax, `{"a":"\x"}`: errSyntax, `{"a":"\u12"}`: errSyntax,
		`{"a":"\ud800"}`: errSyntax, `{"a":"\udc00"}`: errSyntax, `{"a":"\ud800\ud800"}`: errSyntax,
		`{"a":"\ud800\n"}`: errSyntax, `{"a":"`: errSyntax, `{"a":"\`: errSyntax,
		`{"a":"\u`:         errSyntax,
		"{\"a\":\"\xff\"}": errSyntax, "\ufeff{}": errSyntax, "{}\x00": errSyntax,
		"\x00{}":             errSyntax,
		"{\"a\":\"\u2028\"}": nil, "{\v}": errSyntax, `{"a":1}//`: errSyntax, `{/**/}`: errSyntax,
	} {
		if _, err := readObject([]byte(text)); err != want {
			t.Errorf("%.60q: %v, want %v", text, err, want)
		}
	}
}

// FuzzJSON compares the reader with encoding/json, which takes all that it takes, and gives the
// same.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",true,false,null,{"b":{}}]}`, `{"a":1,"a":2}`,
		`{"\ud800":1}`, ` { "a" : [ ] } `,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readObject(data)
		want, ok := accepted(data)
		if err == nil && (!ok || !reflect.DeepEqual(got, want)) {
			t.Errorf("%q is read as %v, and by encoding/json as %v", data, got, want)
		}
		if err == errSyntax && ok && !strings.ContainsRune(string(data), '\ufffd') &&
			!bytes.Contains(data, []byte(`\u`)) && bytes.Equal(bytes.ToValidUTF8(data, nil), data) {
			t.Errorf("%q is refused", data)
		}
	})
}
