-- Runs after migrations and after current.sql (.gmrc): personal logins see new tables and columns at once.
-- A chain that ends before 000009 has nothing to refresh.
do $$
begin
  if to_regprocedure('app_private.refresh_direct_views()') is not null then
    perform app_private.refresh_direct_views();
  end if;
end
$$;
