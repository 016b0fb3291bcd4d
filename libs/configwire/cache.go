package configwire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/files"
)

// MaxConfig is the largest configuration that is taken, in bytes: the largest that config-sync
// takes.
const MaxConfig = 4 << 20

// Config is what a node is to run.
type Config struct {
	Revision uint64
	Digest   string // the SHA-256 of Data in lower-case hexadecimal; "": the node's own file
	Data     []byte
	signed   signed // the zero one where it is not signed
}

// digestOf is the name of a configuration's bytes.
func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// kept is what the file holds: a configuration with the highest revision that the node was ever
// given, which may be that of one it refused.
type kept struct {
	Config
	highest uint64
	trust   trust
}

// The file is one line about the configuration, which YAML takes for a comment, and the
// configuration: two files could disagree after a crash. The line has a checksum of its own, so
// that a revision is never misread.
const cacheHead = "# kept by the gateway, do not edit: "

// maxCacheHead is more than the first line can have.
const maxCacheHead = 512

func (k kept) encode() []byte {
	digest := k.Digest
	if digest == "" {
		digest = "own-file"
	}
	line := fmt.Sprintf("%srevision %d highest %d digest %s", cacheHead, k.Revision, k.highest,
		digest)
	if k.trust != (trust{}) || len(k.signed.signature) > 0 {
		line += fmt.Sprintf(" number %d floor %d top %d lowest %d last %d signature %x",
			k.signed.number, k.signed.floor, k.trust.top, k.trust.floor, k.trust.last,
			k.signed.signature)
	}
	return append(fmt.Appendf(nil, "%s check %s\n", line, digestOf([]byte(line))[:16]), k.Data...)
}

// errCache is what an error of decoding is.
var errCache = errors.New("the file is not one that the gateway has written, or it was changed")

func decodeCache(text []byte) (k kept, err error) {
	head, data, ok := bytes.Cut(text, []byte("\n"))
	line, check, checked := strings.Cut(string(head), " check ")
	rest, ours := strings.CutPrefix(line, cacheHead)
	if !ok || !ours || !checked || len(head) > maxCacheHead {
		return kept{}, fmt.Errorf("%w: its first line is not ours", errCache)
	}
	if check != digestOf([]byte(line))[:16] {
		return kept{}, fmt.Errorf("%w: its first line is damaged", errCache)
	}
	words := strings.Split(rest, " ")
	if len(words) == signedWords {
		if err := k.decodeSigned(words[6:]); err != nil {
			return kept{}, fmt.Errorf("%w: what it says of the signature makes no sense", errCache)
		}
		words = words[:6]
	}
	if len(words) != 6 || words[0] != "revision" || words[2] != "highest" || words[4] != "digest" {
		return kept{}, fmt.Errorf("%w: its first line has other words", errCache)
	}
	k.Revision, err = strconv.ParseUint(words[1], 10, 64)
	if err == nil {
		k.highest, err = strconv.ParseUint(words[3], 10, 64)
	}
	if err != nil || k.highest < k.Revision {
		return kept{}, fmt.Errorf("%w: its revisions make no sense", errCache)
	}
	switch k.Digest = words[5]; {
	case k.Digest == "own-file" && len(data) == 0:
		k.Digest = ""
	case k.Digest == digestOf(data):
		k.Data = data
	default:
		return kept{}, fmt.Errorf("%w: what it holds is not %.12s…", errCache, k.Digest)
	}
	return k, nil
}

// signedWords is how many words the first line has where a signature is known.
const signedWords = 18

// decodeSigned reads the words about the signature.
func (k *kept) decodeSigned(words []string) (err error) {
	for i, name := range []string{"number", "floor", "top", "lowest", "last", "signature"} {
		if words[2*i] != name {
			return errCache
		}
	}
	for i, to := range []*uint64{
		&k.signed.number, &k.signed.floor, &k.trust.top, &k.trust.floor, &k.trust.last,
	} {
		if *to, err = strconv.ParseUint(words[2*i+1], 10, 64); err != nil {
			return err
		}
	}
	k.signed.signature, err = hex.DecodeString(words[11])
	return err
}

// readCache reads the file. No file is no error, and nothing.
func readCache(path string) (kept, error) {
	text, err := files.Read(path, MaxConfig+maxCacheHead)
	if errors.Is(err, fs.ErrNotExist) {
		return kept{}, nil
	}
	if err != nil {
		return kept{}, err
	}
	k, err := decodeCache(text)
	if err != nil {
		return kept{}, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// writeCache puts the file in the place of the one before, whole or not at all, and durably. Only
// its owner may read it.
func writeCache(path string, k kept) (err error) {
	dir := filepath.Dir(path)
	// Always the same name, so that crashes leave one file behind and not many.
	fresh := filepath.Join(dir, "."+filepath.Base(path)+".new")
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()        // it is of no use
			_ = os.Remove(fresh) // and so is what it holds
		}
	}()
	if _, err := f.Write(k.encode()); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return nil // the rename was made; that it survives a power cut is all that is missing
	}
	defer d.Close()
	_ = d.Sync() // some file systems can't
	return nil
}
