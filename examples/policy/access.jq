# Who gains and who loses access in a plan:
#   terraform show -json changes.tfplan | jq -f access.jq

# Everybody and everything that a resource lists.
def holders:
  [ (.users // {} | to_entries[] | .key as $domain | .value // {} | keys[] | "\($domain)/\(.)"),
    (.user_groups // {} | to_entries[] | .key as $domain | .value // {} | keys[] | "group:\($domain)/\(.)"),
    (.grantees // {} | .[]),
    (.trustees // {} | .[]),
    (.grantee // empty),
    (.data_authorize_types // [] | .[]) ];

# Each account on each application, without those that are missing on the service: as keys of an object.
def grants:
  if . == null then {} else
    holders as $holders
    | reduce ( if .app_ids
               then .app_ids[] as $app | (.missing[$app]? // []) as $missing
                    | $holders[] | select(. as $who | $missing | index($who) | not) | "\(.) on \($app)"
               else $holders[] end
             ) as $grant ({}; .[$grant] = true)
  end;

def without($others): keys - ($others | keys);

# Applications that are open to everybody.
def open: if . != null and .authorization_type == "ALL_USER" then .app_ids else [] end;

[ .resource_changes[]?
  | select(.mode == "managed" and (.provider_name | endswith("/appaccess/appaccess")))
  | .change as $change
  | (if $change.actions == ["delete"] and $change.before.on_destroy == "keep" then $change.before else $change.after end) as $after
  | ($change.before | grants) as $had | ($after | grants) as $has
  | { address,
      gains: ($has | without($had)),
      loses: ($had | without($has)),
      opens: (($after | open) - ($change.before | open)),
      closes: (($change.before | open) - ($after | open)) }
  | select(.gains + .loses + .opens + .closes != []) ]
