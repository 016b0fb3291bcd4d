package pemfile

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
)

// A block is one part of a text: what stands between a BEGIN line and its END line.
type block struct {
	label     string
	line      int // of BEGIN, from 1
	bytes     []byte
	encrypted bool // its headers say so (RFC 1421 section 4.6.1.1)
}

// An Error is why a text can't be used. It holds nothing of what the text hides.
type Error struct {
	// Line is where the mistake is, from 1; 0 where it is in no one line.
	Line int
	What string
	// Fix is what to do, "" where there is nothing to say.
	Fix string
	// Key says that a Pair's key is at fault, and not its chain.
	Key bool
}

// Error returns the line and what is wrong in it.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.What
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.What)
}

// Hint returns what to do, "" where there is nothing to say.
func (e *Error) Hint() string { return e.Fix }

var (
	begin = regexp.MustCompile(`^-----BEGIN ([A-Z0-9][A-Z0-9 .#/-]*)-----$`)
	end   = regexp.MustCompile(`^-----END ([A-Z0-9][A-Z0-9 .#/-]*)-----$`)
	// A line outside of blocks that was meant to begin or end one.
	meant = regexp.MustCompile(`(?i)^-+ ?(BEGIN|END)|(BEGIN|END) [A-Z0-9 ]+-{2,}$|` +
		`(?-i)^[^A-Za-z0-9]*(BEGIN|END) [A-Z0-9 ]*(CERTIFICATE|KEY)[^A-Za-z0-9]*$`)
	// A line outside of blocks that is part of one whose BEGIN is lost.
	lost = regexp.MustCompile(`^[A-Za-z0-9+/]{40,}={0,2}$`)
	// A fingerprint looks so too, and may stand outside.
	hexadecimal = regexp.MustCompile(`^[0-9A-Fa-f]+$`)
	header      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*:`)
)

// blocks takes a text apart. wanted is what is looked for, for messages: "certificate".
func blocks(data []byte, wanted string) ([]block, *Error) {
	if err := notText(data, wanted); err != nil {
		return nil, err
	}
	var all []block
	var in *block
	var body []byte
	headers := false // the lines are headers, up to an empty one
	for i, raw := range bytes.Split(data, []byte("\n")) {
		line, number := strings.TrimSpace(string(raw)), i+1
		if in == nil {
			switch m := begin.FindStringSubmatch(line); {
			case strings.HasPrefix(line, "#"): // a block may be commented out
			case m != nil:
				in = &block{label: m[1], line: number}
				body, headers = body[:0], false
			case meant.MatchString(line):
				return nil, &Error{Line: number, What: "this is no line that begins a " + wanted +
					", and looks like one", Fix: "write -----BEGIN CERTIFICATE----- or what else " +
					"it was, with five dashes on each side"}
			case lost.MatchString(line) && !hexadecimal.MatchString(line):
				return nil, &Error{Line: number, Fix: again,
					What: "this is base64 without a BEGIN line above it"}
			}
			continue
		}
		m := end.FindStringSubmatch(line)
		switch {
		case m != nil && m[1] != in.label:
			return nil, &Error{Line: number, What: fmt.Sprintf(
				"the block that begins in line %d as %s ends as %s", in.line, in.label, m[1]),
				Fix: again}
		case m != nil:
			der, err := base64.StdEncoding.Strict().DecodeString(string(body))
			if err != nil || len(der) == 0 {
				return nil, &Error{Line: in.line, What: "the base64 of the " + name(in.label) +
					" that begins here is not complete", Fix: again}
			}
			in.bytes = der
			all, in = append(all, *in), nil
		case strings.HasPrefix(line, "-"):
			return nil, &Error{Line: number, What: fmt.Sprintf("the %s that begins in line %d has "+
				"no END line before this one", name(in.label), in.line),
				Fix: again}
		case len(body) == 0 && (header.MatchString(line) || headers && line != ""):
			headers = true
			in.encrypted = in.encrypted || strings.Contains(line, "ENCRYPTED")
		case line == "":
			headers = false
		case strings.Trim(line, base64Letters) != "":
			return nil, &Error{Line: number, Fix: again, What: fmt.Sprintf(
				"the base64 of the %s that begins in line %d is damaged here", name(in.label),
				in.line)}
		default:
			body = append(body, line...)
		}
	}
	if in != nil {
		return nil, &Error{Line: in.line, What: "the " + name(in.label) + " that begins here has " +
			"no END line", Fix: again}
	}
	return all, nil
}

// again is the advice for what was lost on the way.
const again = "copy the block again, as a whole"

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// notText recognises what is in another form than PEM as a whole.
func notText(data []byte, wanted string) *Error {
	trimmed := bytes.TrimSpace(data)
	switch {
	case len(trimmed) == 0:
		return &Error{What: "is empty", Fix: "a " + wanted + " in PEM form is wanted"}
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return &Error{Line: 1, What: "it begins with a byte order mark, which hides " +
			"the BEGIN line from many programs", Fix: "save it as plain text without one"}
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return &Error{Line: 1, What: "it is UTF-16", Fix: "save it as plain ASCII text"}
	case data[0] == 0x30 && (len(data) == 1 || data[1]&0x80 != 0):
		return &Error{What: "is in DER form, which is binary, and PEM is wanted",
			Fix: "convert it, as with: openssl x509 -inform der (for a key: openssl pkey)"}
	case bytes.ContainsRune([]byte(`"'`), rune(trimmed[0])) && bytes.Contains(data, beginMark):
		return &Error{Line: 1, What: "it stands in quotes", Fix: "remove them"}
	case bytes.Contains(data, []byte(`\n`)) && bytes.Count(data, []byte("\n")) < 2 &&
		bytes.Contains(data, beginMark):
		return &Error{Line: 1, What: `its line ends are written as \n`,
			Fix: "write real ones"}
	case bytes.Contains(data, beginMark):
		return nil
	case len(trimmed) >= 40 && strings.Trim(string(bytes.Join(bytes.Fields(trimmed), nil)),
		base64Letters+"-_") == "":
		return &Error{Line: 1, What: "it is base64 without BEGIN and END lines",
			Fix: "PEM is wanted, which has them"}
	}
	return nil
}

var beginMark = []byte("-----BEGIN ")

// name is what a label stands for, as messages have it.
func name(label string) string {
	switch {
	case label == labelCertificate:
		return "certificate"
	case strings.HasSuffix(label, "PRIVATE KEY"):
		return "key"
	}
	return "block " + label
}
