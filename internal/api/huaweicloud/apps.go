// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// ListApps lists the applications of the project (vendor page ListApps), all pages of them, anew,
// sorted by name and id. With a name it gives the applications of exactly that name: the service's
// own filter matches parts of names too.
func (c *Client) ListApps(ctx context.Context, name string) ([]App, error) {
	byID, err := c.listApps(ctx, name)
	if err != nil {
		return nil, err
	}
	apps := slices.SortedFunc(maps.Values(byID), func(a, b App) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	if name != "" {
		apps = slices.DeleteFunc(apps, func(a App) bool { return a.Name != name })
	}
	return apps, nil
}

func (c *Client) listApps(ctx context.Context, name string) (map[string]App, error) {
	found := appCollection{}
	l := lister[App]{
		what: "applications", op: opListApps, limit: c.MaxConcurrent(), into: found, counts: &c.counts,
		fetch: func(ctx context.Context, offset int) (records []App, count int, err error) {
			query := pageQuery(offset)
			if name != "" {
				query.Set("name", name)
			}
			err = c.Send(ctx, rest.Request{
				Operation: opListApps, Query: query, MaxBodyBytes: maxPageBytes,
				Decode: func(_ int, _ http.Header, body io.Reader) error {
					return rest.WithBody(body, func(b []byte) (err error) {
						records, count, err = decodeApps(b)
						return err
					})
				},
			}, "apps")
			return records, count, err
		},
	}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	return found, nil
}

// appCollection is a collection of applications by id.
type appCollection map[string]App

func (c appCollection) add(records []App, _ int) {
	for _, app := range records {
		c[app.ID] = app
	}
}

func (c appCollection) size() int { return len(c) }
func (c appCollection) reset()    { clear(c) }

// application is what matters here of the vendor's Application.
type application struct {
	ID                string            `json:"id"`
	Name              string            `json:"name"`
	Version           string            `json:"version"`
	AuthorizationType AuthorizationType `json:"authorization_type"`
	Status            string            `json:"status"`
	ApplicationSource string            `json:"application_source"`
}

// decodeApps reads a page of the list. Unknown values are kept as they are; an entry without an id
// is an error.
func decodeApps(b []byte) ([]App, int, error) {
	items, count, err := decodePage[application](b)
	if err != nil {
		return nil, 0, err
	}
	apps := make([]App, len(items))
	for i, item := range items {
		switch {
		case item == nil || item.ID == "":
			return nil, 0, &rest.Error{Message: fmt.Sprintf("entry %d of the list has no id", i+1)}
		case strings.ContainsRune(item.ID, utf8.RuneError):
			return nil, 0, &rest.Error{Message: fmt.Sprintf("entry %d of the list has an id that is not valid text", i+1)}
		}
		apps[i] = App(*item)
	}
	return apps, count, nil
}
