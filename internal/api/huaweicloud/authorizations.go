// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// ListAuthorizations lists the accounts of one application (vendor page ListAppAuthorizations), all
// pages of them, anew. The error is ErrAppNotFound when the application does not exist. A list that
// is incomplete is an error.
func (c *Client) ListAuthorizations(ctx context.Context, appID string) (Accounts, error) {
	if err := checkSegment("the application id", appID); err != nil {
		return nil, unsentError(opListAuthorizations, err)
	}
	var found accountCollection
	l := lister[authorization]{
		what: "authorizations of application " + appID, op: opListAuthorizations, limit: c.MaxConcurrent(), into: &found, counts: &c.counts,
		fetch: func(ctx context.Context, offset int) (records []authorization, count int, err error) {
			err = c.Send(ctx, rest.Request{
				Operation: opListAuthorizations, Query: pageQuery(offset), MaxBodyBytes: maxPageBytes,
				Decode: func(_ int, _ http.Header, body io.Reader) error {
					return rest.WithBody(body, func(b []byte) (err error) {
						records, count, err = c.pages.decode(b)
						return err
					})
				},
			}, "apps", appID, "authorizations")
			c.read.Add(1)
			return records, count, err
		},
	}
	if err := l.read(ctx); err != nil {
		return nil, fmt.Errorf("application %s: %w", appID, err)
	}
	if found.accounts == nil {
		return Accounts{}, nil
	}
	return found.accounts, nil
}

// authorization is one record of the list.
type authorization struct {
	account  Handle
	platform PlatformType
}

// accountInfo is the vendor's AccountInfo.
type accountInfo struct {
	Account      string `json:"account"`
	Domain       string `json:"domain"`
	AccountType  string `json:"account_type"`
	PlatformType string `json:"platform_type"`
}

// pageOf is the vendor's answer to both lists.
type pageOf[T any] struct {
	Count *int `json:"count"`
	Items []*T `json:"items"`
}

// decodePage reads a page. The count is -1 when the service doesn't say, and an answer with neither
// count nor items is no page.
func decodePage[T any](b []byte) ([]*T, int, error) {
	var p pageOf[T]
	if err := rest.UnmarshalJSON(b, &p); err != nil {
		return nil, 0, err
	}
	if p.Count == nil && p.Items == nil {
		return nil, 0, &rest.Error{Message: "answered JSON with neither count nor items instead of a list", Transient: true}
	}
	count := -1
	if p.Count != nil {
		count = max(-1, *p.Count)
	}
	return p.Items, count, nil
}

// decodeAuthorizations reads a page of the list. Unknown account types and platform types are kept
// as they are; an entry that names nobody is an error.
func decodeAuthorizations(b []byte) ([]authorization, int, error) {
	items, count, err := decodePage[accountInfo](b)
	if err != nil {
		return nil, 0, err
	}
	records := make([]authorization, len(items))
	for i, item := range items {
		if problem := item.problem(); problem != "" {
			return nil, 0, &rest.Error{Message: fmt.Sprintf("entry %d of the list %s", i+1, problem)}
		}
		records[i] = item.authorization()
	}
	return records, count, nil
}

// problem says why an entry can't be an identity, "" when it can. Text that is not UTF-8 is decoded
// to replacement characters, which would make one account of several.
func (i *accountInfo) problem() string {
	switch {
	case i == nil || strings.TrimSpace(i.Account) == "":
		return "has no account"
	case strings.ContainsRune(i.Account, utf8.RuneError) || strings.ContainsRune(i.Domain, utf8.RuneError):
		return "has an account that is not valid text"
	}
	return ""
}

func (i *accountInfo) authorization() authorization {
	account := Account{Type: AccountType(i.AccountType), Domain: i.Domain, Name: i.Account}
	return authorization{account.Handle(), internPlatform(i.PlatformType)}
}

// internPlatform keeps a platform type from holding a whole page in memory.
func internPlatform(s string) PlatformType {
	switch PlatformType(s) {
	case "":
		return ""
	case AD:
		return AD
	case Local:
		return Local
	}
	return PlatformType(strings.Clone(s))
}
