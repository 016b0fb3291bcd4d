package text

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Parse turns the text of a file into a tree, and adds what is wrong with it to ps. The text is
// JSON if its name ends in .json and YAML otherwise. The tree is nil when the text can't be one.
func Parse(name string, data []byte, ps *Problems) *Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > MaxBytes {
		ps.Add(Problem{File: name, Line: 1, Column: 1, Code: CodeTooLarge,
			Message: fmt.Sprintf("the file has %d bytes, and %d are the most", len(data),
				MaxBytes)})
		return nil
	}
	if i := badByte(data); i >= 0 {
		start := bytes.LastIndexByte(data[:i], '\n') + 1
		ps.Add(Problem{File: name, Line: 1 + bytes.Count(data[:i], []byte("\n")),
			Column: 1 + utf8.RuneCount(data[start:i]), Code: CodeEncoding,
			Message: fmt.Sprintf("byte 0x%02x is not part of a UTF-8 text", data[i]),
			Hint:    "is this the right file?"})
		return nil
	}
	if strings.HasSuffix(strings.ToLower(name), ".json") {
		return parseJSON(name, data, ps)
	}
	return parseYAML(name, data, ps)
}

// badByte returns where the first byte is that a text file does not have, -1 when there is none.
func badByte(data []byte) int {
	for i := 0; i < len(data); {
		c := data[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}
