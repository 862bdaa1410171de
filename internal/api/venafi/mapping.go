// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// JwtMapping says whose JSON Web Tokens log in, and as whom (vendor page "POST
// OAuth/CreateJwtMapping").
type JwtMapping struct {
	Name, IssuerURI, JwksURI, PurposeField, PurposeMatch, IDField, IDMatch string
	// Grantee is the prefixed universal ID of whom the tokens stand for; "" is the first group of
	// IDMatch.
	Grantee string

	all object
}

func newJwtMapping(all object, raw json.RawMessage) (JwtMapping, bool) {
	var wire struct {
		IssuerURI rest.Text `json:"IssuerUri"`
		JwksURI   rest.Text `json:"JwksUri"`
		IDField   rest.Text `json:"IdField"`
		IDMatch   rest.Text `json:"IdMatch"`

		Name, PurposeField, PurposeMatch, GranteePrefixedUniversal rest.Text
	}
	if json.Unmarshal(raw, &wire) != nil || wire.Name == "" {
		return JwtMapping{}, false
	}
	return JwtMapping{
		Name: string(wire.Name), IssuerURI: string(wire.IssuerURI), JwksURI: string(wire.JwksURI), PurposeField: string(wire.PurposeField),
		PurposeMatch: string(wire.PurposeMatch), IDField: string(wire.IDField), IDMatch: string(wire.IDMatch),
		Grantee: string(wire.GranteePrefixedUniversal), all: all,
	}, true
}

func (m JwtMapping) fields() map[string]any {
	fields := map[string]any{
		"Name": m.Name, "IssuerUri": m.IssuerURI, "PurposeField": m.PurposeField, "PurposeMatch": m.PurposeMatch, "IdField": m.IDField, "IdMatch": m.IDMatch,
	}
	for name, value := range map[string]string{"JwksUri": m.JwksURI, "GranteePrefixedUniversal": m.Grantee} {
		if value != "" {
			fields[name] = value
		}
	}
	return fields
}

// Like tells whether two mappings mean the same.
func (m JwtMapping) Like(wanted JwtMapping) bool {
	return m.IssuerURI == wanted.IssuerURI && m.JwksURI == wanted.JwksURI && m.PurposeField == wanted.PurposeField &&
		m.PurposeMatch == wanted.PurposeMatch && m.IDField == wanted.IDField && m.IDMatch == wanted.IDMatch && CanonicalGrantee(m.Grantee) == CanonicalGrantee(wanted.Grantee)
}

// JwtMapping reads one mapping. HasResult(err, JwtMappingNotFound) tells that there is none.
func (c *Client) JwtMapping(ctx context.Context, name string) (JwtMapping, error) {
	var found JwtMapping
	if err := needID(name); err != nil {
		return found, err
	}
	err := c.oauthCall(ctx, rest.Read, "GetJwtMapping", map[string]string{"Name": name}, func(b []byte) error {
		var answer struct{ JwtMapping json.RawMessage }
		err := json.Unmarshal(b, &answer)
		if err != nil {
			return rest.JSONError(b, err)
		}
		if found, err = single("JWT mapping", answer.JwtMapping, newJwtMapping); err == nil && found.Name != name {
			err = &rest.Error{Message: fmt.Sprintf("did not answer the JWT mapping %q", name), Err: errShape}
		}
		return err
	})
	return found, err
}

// JwtMappings returns all mappings, in the order of their names, as this run has read them.
func (c *Client) JwtMappings(ctx context.Context) ([]JwtMapping, error) {
	return c.oauth.mappings.Of("", func(ctx context.Context) ([]JwtMapping, error) {
		return everything(ctx, func(ctx context.Context, count int) ([]JwtMapping, error) {
			var all []JwtMapping
			body := map[string]any{"Start": 0, "Count": count, "OrderBy": 1, "Descending": false, "ResolveIdentities": false}
			err := c.oauthCall(ctx, rest.Read, "EnumerateJwtMappings", body, func(b []byte) error {
				var answer struct{ JwtMappings json.RawMessage }
				err := json.Unmarshal(b, &answer)
				if err != nil {
					return rest.JSONError(b, err)
				}
				all, err = elements("JWT mapping", answer.JwtMappings, newJwtMapping)
				return err
			})
			return all, err
		}, func(m JwtMapping) string { return m.Name })
	}).Get(ctx, 0)
}

// CreateJwtMapping makes a mapping.
func (c *Client) CreateJwtMapping(ctx context.Context, m JwtMapping) error {
	return c.writeMapping(ctx, "CreateJwtMapping", m, m.fields(), &ResultError{JwtMappingAlreadyExists})
}

// UpdateJwtMapping replaces a mapping that JwtMapping has read, and which the caller has changed.
// What is "" is taken out.
func (c *Client) UpdateJwtMapping(ctx context.Context, m JwtMapping) error {
	var without []string
	if m.JwksURI == "" {
		without = append(without, "JwksUri")
	}
	if m.Grantee == "" {
		without = append(without, "GranteePrefixedUniversal")
	}
	return c.writeMapping(ctx, "UpdateJwtMapping", m, map[string]any{"JwtMapping": m.all.with(m.fields(), without...)}, nil)
}

// writeMapping sends a mapping. Where that fails and the server has one that says something else,
// the error is other.
func (c *Client) writeMapping(ctx context.Context, operation string, m JwtMapping, body any, other error) error {
	if err := needID(m.Name, m.IssuerURI); err != nil {
		return err
	}
	return c.persist(ctx, fmt.Sprintf("writing the JWT mapping %q", m.Name), func() error {
		return c.oauthCall(ctx, rest.Write, operation, body, nil)
	}, func(ctx context.Context) (bool, error) {
		got, err := c.JwtMapping(ctx, m.Name)
		switch {
		case HasResult(err, JwtMappingNotFound):
			return false, nil
		case err == nil && !got.Like(m):
			return false, other
		}
		return err == nil, err
	})
}

// DeleteJwtMapping deletes a mapping. One that is gone is no error.
func (c *Client) DeleteJwtMapping(ctx context.Context, name string) error {
	if err := needID(name); err != nil {
		return err
	}
	return c.persist(ctx, fmt.Sprintf("deleting the JWT mapping %q", name), func() error {
		return c.oauthCall(ctx, rest.Write, "DeleteJwtMapping", map[string]string{"Name": name}, nil)
	}, func(ctx context.Context) (bool, error) {
		_, err := c.JwtMapping(ctx, name)
		if HasResult(err, JwtMappingNotFound) {
			return true, nil
		}
		return false, err
	})
}

// JwtLoginOff tells that the server surely takes no JSON Web Tokens (vendor page "POST
// OAuth/GetConfiguration").
func (c *Client) JwtLoginOff(ctx context.Context) (bool, error) {
	var by flag
	err := c.oauthCall(ctx, rest.Read, "GetConfiguration", struct{}{}, func(b []byte) error {
		var answer struct{ Configuration struct{ AuthorizeByJwt flag } }
		if err := json.Unmarshal(b, &answer); err != nil {
			return rest.JSONError(b, err)
		}
		by = answer.Configuration.AuthorizeByJwt
		return nil
	})
	return by.value != nil && !*by.value, err
}
