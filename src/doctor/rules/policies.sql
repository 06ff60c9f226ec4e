-- Each expression of a policy with what is wrong with it, or null. On an owned table only one form is
-- right: `owner = (select identity)`, alone or first in a chain of AND. A list of bad forms would always
-- have a gap (1 = 1, user_id = user_id, … or true), so every other form is a finding; its code says why.
with
judged_policy as materialized (
  select p.*, e.part, e.text,
    case
      when e.text ~ 'current_setting\(|\m(SESSION_USER|CURRENT_USER|CURRENT_ROLE|USER)\M' then 'POLICY_READS_SETTING'
      when not e.has_identity and p.owner is not null and p.polpermissive then 'POLICY_CONSTANT'
      -- Without an owner column a look at another table, under that table's policies, may do.
      when not e.has_identity and p.polpermissive and e.text !~ '\mFROM\M' then 'POLICY_CONSTANT'
      when e.wrapped <> e.text
        and (p.owner is null or not p.polpermissive or e.wrapped ~ e.right_form) then 'IDENTITY_PER_ROW'
      when p.owner is null or not p.polpermissive or e.text ~ e.right_form then null
      when e.text !~ format('\m%s\M', regexp_replace(p.owner, '(\W)', '\\\1', 'g')) then 'POLICY_WRONG_COLUMN'
      else 'POLICY_TOO_WIDE'
    end as verdict
  from policy as p
  cross join lateral (
    select x.part, x.text, x.text ~ 'app_private\.current_user_id\(\)' as has_identity,
      -- Every bare call put into a sub-select of its own.
      regexp_replace(x.text, '(?<!SELECT )app_private\.current_user_id\(\)',
        '( SELECT app_private.current_user_id() AS current_user_id)', 'g') as wrapped,
      format('^(\((%1$s)\)|\(\((%1$s)\) AND .*\))$',
        regexp_replace(quote_ident(p.owner), '(\W)', '\\\1', 'g')
          || ' = \( SELECT app_private\.current_user_id\(\) AS current_user_id\)') as right_form
    from (values ('using', p.qual), ('with check', p.with_check)) as x (part, text)
    where x.text is not null
  ) as e
)
-- A command that is granted and has no policy touches no row, silently.
select 'POLICY_MISSING', 'error', c.name,
  format('%s on %s is granted to %s, but no policy says which rows.', g.command, c.name, g.roles),
  case
    when c.owner is null then format('revoke %s on %s from %s;', g.command, c.name, g.roles)
    else format('create policy %1$s_own on %2$s for %1$s%3$s%4$s; comment on policy %1$s_own on %2$s is %5$L;',
      g.command, c.name,
      case when g.command <> 'insert'
        then format(' using (%I = (select app_private.current_user_id()))', c.owner) end,
      case when g.command in ('insert', 'update')
        then format(' with check (%I = (select app_private.current_user_id()))', c.owner) end,
      'Only one''s own rows.')
  end
from granted as g join relation as c on c.oid = g.relation
where c.served and c.is_table
  and not exists (
    select from policy as p where p.relation = c.oid and p.polpermissive and p.command in (g.command, 'all')
  )
union all

-- Every form that is not `owner = (select identity)`; what each verdict means is said below.
select j.verdict,
  case when j.verdict = 'POLICY_CONSTANT' and j.owner is null and j.command = 'select'
    then 'warning' else 'error' end,
  j.object,
  format(case j.verdict
    when 'POLICY_CONSTANT' then 'Policy %s does not depend on who is asking: %s.'
    when 'POLICY_READS_SETTING' then 'Policy %s asks somebody else than app_private.current_user_id() who is asking, and can be lied to: %s.'
    when 'POLICY_WRONG_COLUMN' then 'Policy %s does not compare the owner column: %s.'
    when 'IDENTITY_PER_ROW' then 'Policy %s asks for the identity once per row instead of once per statement: %s.'
    else 'Policy %s lets through more than one''s own rows; the comparison with the owner must come first, joined by AND: %s.'
  end, j.object, string_agg(format('%s %s', j.part, j.text), ' ' order by j.part desc)),
  case
    when j.verdict = 'IDENTITY_PER_ROW' then format('alter policy %s %s;', j.object,
      string_agg(format('%s (%s)', j.part,
        regexp_replace(j.text, '(?<!SELECT )app_private\.current_user_id\(\)',
        '(select app_private.current_user_id())', 'g')), ' ' order by j.part desc))
    when j.owner is not null then format('alter policy %s %s;', j.object,
      string_agg(format('%s (%s)', j.part, j.own), ' ' order by j.part desc))
    else concat_ws(' ', format('drop policy %s;', j.object),
      (select string_agg(format('revoke %s on %s from %s;', g.command, j.relation_name, g.roles), ' ')
        from granted as g where g.relation = j.relation and j.command in (g.command, 'all')))
  end
from judged_policy as j where j.verdict is not null
group by j.verdict, j.owner, j.command, j.object, j.relation, j.relation_name
union all

-- What may be written is said, not implied: a reviewer reads both halves.
select 'POLICY_NO_CHECK', 'error', p.object,
  format('Policy %s does not say which rows may be written (with check).', p.object),
  format('alter policy %s with check (%s);', p.object, coalesce(p.own, p.qual, 'false'))
from policy as p where p.command in ('insert', 'update', 'all') and not p.has_check and p.polpermissive
union all

-- An update that only says with check finds no row: UPDATE 0, and no error.
select 'POLICY_NO_USING', 'error', p.object,
  format('Policy %s does not say which rows may be found (using), so it finds none.', p.object),
  format('alter policy %s using (%s);', p.object, coalesce(p.own, p.with_check, 'false'))
from policy as p where p.command <> 'insert' and not p.has_using and p.polpermissive
union all

-- Before 18.7 DROP OWNED BY of a named role edits the policy (CVE-2026-116311), and a role that is
-- not named passes by a restrictive one. Grants say who, policies say which rows.
select 'POLICY_TO_ROLE', 'error', p.object, format('Policy %s holds for some roles only.', p.object),
  format('alter policy %s to public;', p.object)
from policy as p where p.polroles <> '{0}'
union all

-- Permissive policies are joined by OR: the widest wins, and a reviewer must find them all.
select 'POLICY_OVERLAP', 'error', x.relation_name,
  format('%s policies of %s let through a %s: %s.', cardinality(x.names), x.relation_name, x.command,
    array_to_string(x.names, ', ')),
  (select string_agg(format('drop policy if exists %s on %s;', n, x.relation_name), ' ') from unnest(x.names[2:]) as n)
from (
  -- First the one to keep: of the right form, for this command alone, the older.
  select p.relation_name, c.command, array_agg(p.name order by
      exists (select from judged_policy as j where j.oid = p.oid and j.verdict is not null),
      p.polcmd = '*', p.oid
    ) as names
  from policy as p
  join (values ('select'), ('insert'), ('update'), ('delete')) as c (command) on p.command in (c.command, 'all')
  where p.polpermissive
  group by p.relation_name, c.command
) as x where cardinality(x.names) > 1
