// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
)

// Source gives keys. It is safe for concurrent use.
type Source interface {
	// Keys gives the keys to sign with now.
	Keys(ctx context.Context) (Keys, error)
	// String tells people where the keys come from, such as "from the environment"; "" where there
	// is nothing to tell.
	String() string
}

// Static is a source of keys that stay. from tells people where they come from.
func Static(keys Keys, from string) Source { return static{keys, from} }

type static struct {
	keys Keys
	from string
}

func (s static) Keys(context.Context) (Keys, error) { return s.keys, nil }
func (s static) String() string                     { return s.from }

// renewed is a source of temporary keys. New ones are fetched a minute before the old ones end,
// once for all who ask.
type renewed struct {
	tokens *shared.Tokens
	from   string
}

// keysOf is the name of the keys in a token.
const keysOf = "keys"

func newRenewed(from string) *renewed { return &renewed{from: from} }

// fetch says how to get new keys.
func (r *renewed) fetch(fetch func(ctx context.Context) (Keys, error)) {
	r.tokens = shared.NewTokens(func(ctx context.Context) (*oauth2.Token, error) {
		keys, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		token := &oauth2.Token{AccessToken: keys.AccessKey, Expiry: keys.Expires}
		return token.WithExtra(map[string]any{keysOf: keys}), nil
	})
}

func (r *renewed) Keys(ctx context.Context) (Keys, error) {
	token, err := r.tokens.Token(ctx)
	if err != nil {
		return Keys{}, err
	}
	keys, _ := token.Extra(keysOf).(Keys)
	return keys, nil
}

func (r *renewed) String() string { return r.from }
