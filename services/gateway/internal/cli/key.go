package cli

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// madeKey is what key new --json prints: the key, and its entry in a file of auth.api_keys.
type madeKey struct {
	Key   string   `json:"key"`
	Entry keyEntry `json:"entry"`
}

type keyEntry struct {
	ID      string   `json:"id"`
	SHA256  string   `json:"sha256"`
	Scopes  []string `json:"scopes,omitempty"`
	Roles   []string `json:"roles,omitempty"`
	Expires string   `json:"expires,omitempty"`
}

func (a *app) keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "key",
		Short:   "Make keys of clients (API keys)",
		Example: "  gateway key new partner-a --scope orders.read",
		Args:    cobra.ArbitraryArgs,
		RunE:    a.group,
	}
	c.AddCommand(a.keyNewCommand())
	return c
}

func (a *app) keyNewCommand() *cobra.Command {
	var entry keyEntry
	var prefix string
	var asJSON bool
	c := &cobra.Command{
		Use:   "new ID",
		Short: "Make an API key, and its entry for keys.yaml",
		Long: `new makes a key of 32 random bytes and prints it, with the entry that a file of auth.api_keys has for it. ID is who has the
key. The key stands nowhere else: the entry has its hash alone, so give it to its owner at once.`,
		Example: `  gateway key new partner-a --scope orders.read --expires 2027-12-31
  gateway key new ci --role deploy --json | jq -r .key`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(c, "%s needs one ID: who has the key", c.CommandPath())
			}
			entry.ID = args[0]
			key, err := newKey(prefix, &entry)
			if err != nil {
				return usage(c, "%v", err)
			}
			if asJSON {
				return a.out.JSON(madeKey{key, entry})
			}
			a.out.Printf("key: %s\n", a.out.Paint(terminal.Bold, key))
			a.out.Printf("It is shown only now. Give it to %s, and add this to keys.yaml:\n\n",
				entry.ID)
			a.out.Lines(entry.yaml())
			return nil
		},
	}
	c.Flags().StringArrayVar(&entry.Scopes, "scope", nil, "a `scope` of the key; again for more")
	c.Flags().StringArrayVar(&entry.Roles, "role", nil, "a `role` of the key; again for more")
	c.Flags().StringVar(&entry.Expires, "expires", "",
		"the last `day` on which the key counts, such as 2027-12-31, or a time (RFC 3339)")
	c.Flags().StringVar(&prefix, "prefix", "",
		"what the key begins with: a `text` by which people and scanners of secrets know it")
	jsonFlag(c, &asJSON)
	return c
}

// newKey makes a key, and completes its entry. The error is what a file with it would have wrong.
func newKey(prefix string, entry *keyEntry) (key string, err error) {
	if strings.ContainsFunc(prefix, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("--prefix %q has characters that no field of a request has", prefix)
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails: see its documentation
	key = prefix + base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(key))
	entry.SHA256 = hex.EncodeToString(sum[:])
	if _, ps := config.ReadAPIKeys("the entry", []byte(entry.yaml())); len(ps) > 0 {
		return "", fmt.Errorf("%s; %s", ps[0].Message, ps[0].Hint)
	}
	return key, nil
}

// yaml is the entry as a list of one.
func (e *keyEntry) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "- id: %s\n  sha256: %s\n", strconv.Quote(e.ID), e.SHA256)
	for _, list := range []struct {
		key   string
		words []string
	}{{"scopes", e.Scopes}, {"roles", e.Roles}} {
		if len(list.words) == 0 {
			continue
		}
		quoted := make([]string, len(list.words))
		for i, w := range list.words {
			quoted[i] = strconv.Quote(w)
		}
		fmt.Fprintf(&b, "  %s: [%s]\n", list.key, strings.Join(quoted, ", "))
	}
	if e.Expires != "" {
		fmt.Fprintf(&b, "  expires: %s\n", strconv.Quote(e.Expires))
	}
	return b.String()
}
