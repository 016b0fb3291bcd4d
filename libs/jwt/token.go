package jwt

import (
	"encoding/base64"
	"strings"
)

// MaxBytes is how long a token may be: what is longer is refused before anything of it is read.
const MaxBytes = 16 << 10

// A Token is one whose form is right. Nothing of it is true yet.
type Token struct {
	algorithm Algorithm // 0: one that is not known
	none      bool      // the algorithm is none
	keyID     string
	typ       string
	signed    []byte // what the signature is of
	payload   []byte
	signature []byte
}

// Payload is what was signed beside the header. It is not changed.
func (t *Token) Payload() []byte { return t.payload }

// encoding is base64url, without padding, of which each text has one form (RFC 7515 section 2).
var encoding = base64.RawURLEncoding.Strict()

// decode decodes a part. The package base64 skips line breaks, which other readers do not.
func decode(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, ErrBase64
	}
	b, err := encoding.DecodeString(part)
	if err != nil {
		return nil, ErrBase64
	}
	return b, nil
}

// Parse reads a token in the compact form (RFC 7515 section 7.1). The error is an Error.
func Parse(raw string) (*Token, error) {
	if len(raw) > MaxBytes {
		return nil, ErrTooLong
	}
	switch dots := strings.Count(raw, "."); {
	case strings.HasPrefix(raw, "{"):
		return nil, ErrJSONForm
	case dots == 4:
		return nil, ErrEncrypted
	case dots != 2:
		return nil, ErrForm
	}
	header, rest, _ := strings.Cut(raw, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if header == "" {
		return nil, ErrForm
	}
	h, err := decode(header)
	if err != nil {
		return nil, err
	}
	t := &Token{signed: []byte(raw[:len(raw)-len(signature)-1])}
	if t.payload, err = decode(payload); err != nil {
		return nil, err
	}
	if t.signature, err = decode(signature); err != nil {
		return nil, err
	}
	if err := t.readHeader(h); err != nil {
		return nil, err
	}
	return t, nil
}

// readHeader reads the members of the header that mean something here. jwk, jku, x5c, x5u and x5t
// do not: who could choose the key by them could choose one of their own.
func (t *Token) readHeader(data []byte) error {
	h, err := readObject(data)
	if err != nil {
		return ErrHeader
	}
	if _, ok := h["crit"]; ok {
		return ErrCritical
	}
	if _, ok := h["b64"]; ok {
		return ErrUnencoded
	}
	if _, ok := h["enc"]; ok {
		return ErrEncrypted
	}
	var algorithm, content string
	for _, m := range []struct {
		name string
		to   *string
	}{{"alg", &algorithm}, {"kid", &t.keyID}, {"typ", &t.typ}, {"cty", &content}} {
		v, there := h[m.name]
		if !there {
			continue
		}
		s, ok := v.(string)
		if !ok {
			return ErrHeaderType
		}
		*m.to = s
	}
	if strings.EqualFold(mediaType(content), "jwt") {
		return ErrNested
	}
	t.none = strings.EqualFold(algorithm, "none")
	t.algorithm, _ = ParseAlgorithm(algorithm)
	return nil
}

// mediaType is a typ or cty without the application/ that it may be written with (RFC 7515
// section 4.1.9).
func mediaType(s string) string {
	const prefix = "application/"
	if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):]
	}
	return s
}
