// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// appBody is the part of the vendor's UpdateAppReq that the mock keeps; the other fields are only
// checked to be documented ones.
type appBody struct {
	Name              *string         `json:"name"`
	Version           *string         `json:"version"`
	Description       *string         `json:"description"`
	AuthorizationType *string         `json:"authorization_type"`
	Status            *string         `json:"status"`
	AppFileStore      json.RawMessage `json:"app_file_store"`
	AppIconURL        *string         `json:"app_icon_url"`
	InstallType       *string         `json:"install_type"`
	InstallCommand    *string         `json:"install_command"`
	UninstallCommand  *string         `json:"uninstall_command"`
	SupportOS         *string         `json:"support_os"`
	CatalogID         *string         `json:"catalog_id"`
}

// problem names the field that breaks a documented rule.
func (body appBody) problem() string {
	oneOf := func(value *string, allowed ...string) bool { return value == nil || slices.Contains(allowed, *value) }
	switch {
	case body.Name != nil && (utf8.RuneCountInString(*body.Name) > 128 || strings.TrimSpace(*body.Name) == "" || strings.ContainsAny(*body.Name, "^;|~`{}[]<>")):
		return "name"
	case !oneOf(body.AuthorizationType, AllUser, AssignUser):
		return "authorization_type"
	case !oneOf(body.Status, "NORMAL", "FORBIDDEN"):
		return "status"
	case !oneOf(body.InstallType, "QUIET_INSTALL", "UNZIP_INSTALL", "GUI_INSTALL"):
		return "install_type"
	case !oneOf(body.SupportOS, "Linux", "Windows", "Other"):
		return "support_os"
	}
	return ""
}

// patchApp is UpdateUploadedApp, a second writer of the mode.
func (b *Backend) patchApp(w http.ResponseWriter, r *http.Request, project, id string) {
	var body appBody
	if problem := decodeBody(r, &body); problem != "" {
		refuse(w, r, errBody, "%s", problem)
		return
	}
	if field := body.problem(); field != "" {
		refuse(w, r, errParameter(field), "%s breaks a rule", field)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.apps[id]
	if !ok || a.ProjectID != project {
		fail(w, errAppNotFound)
		return
	}
	for _, field := range []struct {
		value *string
		into  *string
	}{{body.Name, &a.Name}, {body.Version, &a.Version}, {body.Description, &a.Description}, {body.Status, &a.Status}} {
		if field.value != nil {
			*field.into = *field.value
		}
	}
	if body.AuthorizationType != nil {
		b.flip(a, *body.AuthorizationType)
	}
	wire.Note(r, "app", a.Name, "mode", a.AuthorizationType)
	wire.WriteJSON(w, http.StatusOK, b.appItem(a))
}

// deleteApp is DeleteApp. An app that doesn't exist is deleted too.
func (b *Backend) deleteApp(w http.ResponseWriter, r *http.Request, project, id string) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if keep := values.Get("reserve_obs_file"); err != nil || keep != "" && keep != "true" && keep != "false" {
		refuse(w, r, errParameter("reserve_obs_file"), "query %s", r.URL.RawQuery)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a, ok := b.apps[id]; ok && a.ProjectID == project {
		wire.Note(r, "app", a.Name)
		b.removeApp(id)
	}
	empty(w)
}
