// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// OwnApplication returns the ID of the application through which the client is logged in, and the
// scope of its token; "" where the server doesn't say.
func (c *Client) OwnApplication(ctx context.Context) (id, scope string, err error) {
	token, err := c.tokens.Source(ctx).Token()
	if err != nil {
		return "", "", err
	}
	id = c.login.body["client_id"]
	scope, _ = token.Extra("scope").(string)
	scope = cmp.Or(scope, c.login.body["scope"])
	if id != "" {
		return id, scope, nil
	}
	grant, err := c.Verify(ctx, token.AccessToken)
	if err != nil {
		return "", "", nil //nolint:nilerr // a server that doesn't say it leaves it open
	}
	return grant.Application, grant.Scope, nil
}

// OwnTrustees returns who the client is to the rules: its identity, and its groups where the token
// may ask for them.
func (c *Client) OwnTrustees(ctx context.Context) (identity string, groups []string, err error) {
	if identity, err = c.WhoAmI(ctx); err != nil {
		return "", nil, err
	}
	_, all, err := c.Self(ctx)
	if err != nil {
		return identity, nil, nil //nolint:nilerr // without the scope configuration the groups stay unknown
	}
	for _, group := range all {
		groups = append(groups, group.PrefixedUniversal)
	}
	return identity, groups, nil
}

// LogsIn tells whether the client is logged in with a JSON Web Token that a mapping takes. What
// can't be read of the token or of the mapping counts as taken.
func (c *Client) LogsIn(m JwtMapping) bool {
	jwt, err := c.login.jwt()
	parts := strings.Split(jwt, ".")
	if err != nil || len(parts) != 3 {
		return err != nil
	}
	var claims map[string]any
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return true
	}
	if issuer, ok := claims["iss"].(string); ok && issuer != m.IssuerURI {
		return false
	}
	list, _ := claims[m.PurposeField].([]any)
	if claims[m.PurposeField] != any(m.PurposeMatch) && !slices.Contains(list, any(m.PurposeMatch)) {
		return false
	}
	expression, err := regexp.Compile(m.IDMatch)
	id, ok := claims[m.IDField].(string)
	return err != nil || ok && expression.MatchString(id)
}
