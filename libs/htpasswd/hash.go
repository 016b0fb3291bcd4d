package htpasswd

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Bounds of the work that one verification may take: about two seconds of a processor.
const (
	// MostBcryptCost is the base-2 logarithm of the most rounds of bcrypt; each step doubles the
	// time, and 10 takes about 60 ms.
	MostBcryptCost = 15
	// MostArgon2Memory is in KiB. What verifies several at a time needs it several times.
	MostArgon2Memory = 128 << 10
	// MostArgon2Work is KiB times passes.
	MostArgon2Work = 1 << 20
	// MostArgon2Lanes bounds the lanes, each of which keeps a processor busy.
	MostArgon2Lanes = 16

	leastBcryptCost = bcrypt.MinCost
	mostArgon2Times = 1 << 10
)

// A Hash is what a file has of a password. It was read by Parse.
type Hash struct {
	text   string
	argon2 *argon2id // nil: it is bcrypt
}

type argon2id struct {
	memory, times uint32 // in KiB; passes
	lanes         uint8
	salt, key     []byte
}

// Text is the hash as the file has it. It is not to be shown.
func (h Hash) Text() string { return h.text }

// Verify says whether a password is the user's. It takes as long as the hash asks for: tens or
// hundreds of milliseconds of a processor, or more of them for argon2id with several lanes. Of a
// password, bcrypt looks at the first 72 bytes.
func (h Hash) Verify(password []byte) bool {
	if a := h.argon2; a != nil {
		key := argon2.IDKey(password, a.salt, a.times, a.memory, a.lanes, uint32(len(a.key)))
		return subtle.ConstantTimeCompare(key, a.key) == 1
	}
	return h.text != "" && bcrypt.CompareHashAndPassword([]byte(h.text), password) == nil
}

// Lanes is how many processors a verification keeps busy.
func (h Hash) Lanes() int {
	if h.argon2 != nil {
		return int(h.argon2.lanes)
	}
	return 1
}

// unfit is why a hash is refused. It follows on the name of the user.
type unfit struct{ what, hint string }

// bcryptLength is that of $2y$10$ with the salt and the hash.
const bcryptLength = 60

// bcryptCost reads the form of a hash of bcrypt. No expression: a file may have 100,000 of them.
func bcryptCost(text string) (cost int, ok bool) {
	if len(text) != bcryptLength || text[6] != '$' {
		return 0, false
	}
	for i := len("$2y$00$"); i < len(text); i++ {
		switch c := text[i]; {
		case c >= '.' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
		default:
			return 0, false
		}
	}
	cost, err := strconv.Atoi(text[4:6])
	return cost, err == nil && text[4] >= '0' && text[4] <= '9'
}

func parseHash(text string) (Hash, *unfit) {
	switch {
	case text == "":
		return Hash{}, &unfit{what: "is missing"}
	case strings.HasPrefix(text, "$argon2id$"):
		a, wrong := parseArgon2(text)
		return Hash{text, a}, wrong
	case strings.HasPrefix(text, "$2a$"), strings.HasPrefix(text, "$2b$"),
		strings.HasPrefix(text, "$2y$"):
		return parseBcrypt(text)
	}
	return Hash{}, &unfit{what: kind(text) + ", which this gateway does not take: bcrypt and " +
		"argon2id are what it does"}
}

func parseBcrypt(text string) (Hash, *unfit) {
	cost, ok := bcryptCost(text)
	if !ok {
		return Hash{}, &unfit{what: fmt.Sprintf("is a bcrypt hash that is cut off or damaged: it "+
			"has %d characters, and %d are right", len(text), bcryptLength)}
	}
	switch {
	case cost < leastBcryptCost:
		return Hash{}, &unfit{what: fmt.Sprintf("is a bcrypt hash of cost %d, and %d is the least",
			cost, leastBcryptCost)}
	case cost > MostBcryptCost:
		return Hash{}, &unfit{
			what: fmt.Sprintf("is a bcrypt hash of cost %d, and %d is the most: each login "+
				"would take the processor for too long", cost, MostBcryptCost),
			hint: "give the user a password anew: htpasswd -B -C 12 FILE NAME",
		}
	}
	return Hash{text: text}, nil
}

var argon2Form = regexp.MustCompile(
	`^\$argon2id\$(?:v=([0-9]{1,3})\$)?m=([0-9]{1,10}),t=([0-9]{1,10}),p=([0-9]{1,10})` +
		`\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

var argon2Coding = base64.RawStdEncoding.Strict()

func parseArgon2(text string) (*argon2id, *unfit) {
	m := argon2Form.FindStringSubmatch(text)
	if m == nil {
		return nil, &unfit{what: "is an argon2id hash that is cut off or damaged",
			hint: "its form is $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH"}
	}
	if m[1] != "19" {
		return nil, &unfit{what: "is an argon2id hash of an old version, and v=19 is taken",
			hint: "give the user a password anew"}
	}
	// Ten digits fit in 64 bits.
	memory, _ := strconv.ParseUint(m[2], 10, 64)
	times, _ := strconv.ParseUint(m[3], 10, 64)
	lanes, _ := strconv.ParseUint(m[4], 10, 64)
	salt, err := argon2Coding.DecodeString(m[5])
	key, err2 := argon2Coding.DecodeString(m[6])
	const hint = "give the user a password anew, with m=65536,t=3,p=4 or less"
	switch {
	case err != nil || err2 != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 ||
		len(key) > 64:
		return nil, &unfit{what: "is an argon2id hash that is damaged: its salt has 8 to 64 " +
			"bytes, its hash 16 to 64, both in base64 without padding"}
	case lanes < 1 || times < 1 || memory < 8*lanes:
		return nil, &unfit{what: "is an argon2id hash of which m, t or p is too small: t and p " +
			"are at least 1, m is at least 8 times p", hint: hint}
	case lanes > MostArgon2Lanes:
		return nil, &unfit{what: fmt.Sprintf("is an argon2id hash with p=%d, and %d is the most",
			lanes, MostArgon2Lanes), hint: hint}
	case memory > MostArgon2Memory:
		return nil, &unfit{what: fmt.Sprintf("is an argon2id hash that takes %d KiB of memory for "+
			"each login (m), and %d are the most", memory, MostArgon2Memory), hint: hint}
	case times > mostArgon2Times || memory*times > MostArgon2Work:
		return nil, &unfit{what: fmt.Sprintf("is an argon2id hash that takes too long for each "+
			"login: m times t is at most %d", MostArgon2Work), hint: hint}
	}
	return &argon2id{
		memory: uint32(memory), times: uint32(times), lanes: uint8(lanes), salt: salt, key: key,
	}, nil
}

// kind is what a hash looks like that is not taken, as the end of a sentence.
func kind(text string) string {
	for _, k := range [...]struct{ begin, is string }{
		{"$apr1$", "an MD5 hash of Apache (apr1)"},
		{"$1$", "an MD5 hash"},
		{"{SHA}", "an SHA-1 hash without salt"},
		{"{SSHA", "a salted SHA hash"},
		{"$5$", "an SHA-256 hash of crypt"},
		{"$6$", "an SHA-512 hash of crypt"},
		{"$2x$", "a hash of a bcrypt with a known fault ($2x$)"},
		{"$2$", "a hash of a bcrypt with a known fault ($2$)"},
		{"$argon2i$", "an argon2i hash"},
		{"$argon2d$", "an argon2d hash"},
		{"$y$", "a yescrypt hash"},
		{"$7$", "an scrypt hash"},
		{"$scrypt$", "an scrypt hash"},
		{"$pbkdf2", "a PBKDF2 hash"},
		{"pbkdf2", "a PBKDF2 hash"},
		{"{PLAIN}", "plain text"},
	} {
		if len(text) >= len(k.begin) && strings.EqualFold(text[:len(k.begin)], k.begin) {
			return "is " + k.is
		}
	}
	if desForm.MatchString(text) {
		return "is a hash of the old crypt, or plain text"
	}
	return "is plain text, or a hash of an unknown kind"
}

var desForm = regexp.MustCompile(`^[./A-Za-z0-9]{13}$`)
