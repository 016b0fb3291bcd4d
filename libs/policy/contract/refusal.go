package contract

import (
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// refusal is the answer to a message that is not as described. It has the violations, which have no
// values of the message.
func refusal(
	r *policy.Request, code gwerr.Code, message string, all []openapi.Violation,
) *policy.Answer {
	room := r.Room()
	text := "the " + message + " is not as the API's description has it: " + all[0].Message
	if n := len(all) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	room.Body = gwerr.AppendBodyWith(room.Body[:0], code, text, r.ID, "violations",
		appendViolations(nil, all))
	room.Answer = policy.Answer{
		Code: code, Message: text, Rule: "openapi", ContentType: gwerr.ContentType, Body: room.Body,
	}
	return &room.Answer
}

// appendViolations appends a list of JSON.
func appendViolations(dst []byte, all []openapi.Violation) []byte {
	dst = append(dst, '[')
	for i, v := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonstr.Append(append(dst, `{"where":`...), v.Where)
		dst = jsonstr.Append(append(dst, `,"pointer":`...), v.Pointer)
		dst = jsonstr.Append(append(dst, `,"rule":`...), v.Rule)
		dst = jsonstr.Append(append(dst, `,"message":`...), v.Message)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// maxNote is how many bytes of the access log's line violations may take.
const maxNote = 512

// appendNote adds violations to what the access log says of a request.
func appendNote(note, message string, all []openapi.Violation) string {
	var b strings.Builder
	b.WriteString(note)
	for i, v := range all {
		more := message + " " + v.Where + v.Pointer + " " + v.Rule
		if b.Len()+len(more)+len("; …") > maxNote {
			b.WriteString(" …")
			break
		}
		if i > 0 || note != "" {
			b.WriteString("; ")
		}
		b.WriteString(more)
	}
	return b.String()
}
