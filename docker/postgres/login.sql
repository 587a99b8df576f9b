-- Sluice's login, no superuser; its password is set anew each time. As a superuser.
\getenv password SERVER_PASSWORD
SELECT 'CREATE ROLE sluice_server LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_server') \gexec
ALTER ROLE sluice_server PASSWORD :'password';
