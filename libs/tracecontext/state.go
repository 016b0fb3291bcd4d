package tracecontext

import "bytes"

// Bounds of a tracestate (W3C Trace Context section 3.3.1).
const (
	maxMembers = 32
	maxKey     = 256
	maxTenant  = 241
	maxSystem  = 14
	maxValue   = 256
	// maxState is what everybody passes on. A longer state is cut at whole members.
	maxState = 512
	// longMember is the length over which a member is left out before others.
	longMember = 128
)

// A State puts a tracestate together of the fields that came. Its zero value is ready.
type State struct {
	members int
	broken  bool
}

// Append appends the members of one more field to dst, which has those of the fields before it from
// the place where the state begins. It validates them: see Cut.
func (s *State) Append(dst, field []byte) []byte {
	for rest, more := field, true; more && !s.broken; {
		var member []byte
		member, rest, more = bytes.Cut(rest, comma)
		member = bytes.Trim(member, " \t")
		if len(member) == 0 {
			continue
		}
		if s.members++; s.members > maxMembers || !validMember(member) {
			s.broken = true
			break
		}
		if s.members > 1 {
			dst = append(dst, ',')
		}
		dst = append(dst, member...)
	}
	return dst
}

var comma = []byte{','}

// Cut ends the state that begins at from in dst. A state that is not valid is left out whole, and
// of one that is too long members go: long ones first, then the last.
func (s *State) Cut(dst []byte, from int) []byte {
	if s.broken {
		return dst[:from]
	}
	state := dst[from:]
	for limit := longMember; len(state) > maxState && limit >= 0; limit -= longMember {
		state = shorten(state, limit)
	}
	return dst[:from+len(state)]
}

// shorten takes members over a length out of a state, the last first, until it is short enough.
func shorten(state []byte, limit int) []byte {
	for end := len(state); end > 0 && len(state) > maxState; {
		start := bytes.LastIndexByte(state[:end], ',') + 1
		if end-start > limit {
			switch {
			case end < len(state): // with the comma behind it
				state = append(state[:start], state[end+1:]...)
			default:
				state = state[:max(start-1, 0)]
			}
		}
		end = start - 1
	}
	return state
}

// validMember reports whether a member is key=value.
func validMember(m []byte) bool {
	key, value, ok := bytes.Cut(m, []byte{'='})
	return ok && validKey(key) && validValue(value)
}

// validKey reports whether a key is one of a system, or of a tenant at a system. Level 2 lets a key
// begin with a digit, so that one is taken too.
func validKey(key []byte) bool {
	tenant, system, multi := bytes.Cut(key, []byte{'@'})
	if !multi {
		return validPart(key, maxKey, true)
	}
	return validPart(tenant, maxTenant, true) && validPart(system, maxSystem, false)
}

func validPart(p []byte, most int, digit bool) bool {
	if len(p) == 0 || len(p) > most || !lower(p[0]) && !(digit && isDigit(p[0])) {
		return false
	}
	for _, c := range p {
		if !lower(c) && !isDigit(c) && c != '_' && c != '-' && c != '*' && c != '/' {
			return false
		}
	}
	return true
}

func lower(c byte) bool   { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// validValue reports whether a value, whose end has no blanks, is one.
func validValue(v []byte) bool {
	if len(v) == 0 || len(v) > maxValue {
		return false
	}
	for _, c := range v {
		if c < ' ' || c > '~' || c == ',' || c == '=' {
			return false
		}
	}
	return true
}
