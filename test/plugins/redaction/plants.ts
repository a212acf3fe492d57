/** What must go, where people and agents leave it. `all`: gone at level `all` only. None of the values is in use anywhere. */
export interface Plant {
  readonly text: string;
  /** Each of them must be gone. */
  readonly gone: readonly string[];
  readonly all?: true;
}
const plant = (text: string, ...gone: string[]): Plant => ({ text, gone });
const personal = (text: string, ...gone: string[]): Plant => ({ text, gone, all: true });

/** In two pieces, so that no scanner takes these files for a leak. */
const key = (mark: string, rest: string): string => mark + rest;
const OPENAI = key('sk-', 'proj-Zk3vQ9pLm2Xw7RtY4uBn8Hc1');
const ANTHROPIC = key('sk-ant-', 'api03-Qw9Er8Ty7Ui6Op5As4Df3Gh2');
const GITHUB = key('ghp_', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8');
const SLACK = key('xoxb-', '2483910475-2847561930475-Kq8dLw0ZpRt7');
const AWS_ID = key('AKIA', 'QX7RZT2LM5NV8WPK');
const AWS_SECRET = 'kW9vT3xZ/7Lq2mRb5NcYp8JdHs4FgUe6Ai0OxVtB';
const GOOGLE = key('AIza', 'SyD3kQ9vLx7Zp2Rm8Tw5Yc1Nb4Hj6Gf0Se');
const STRIPE = key('sk_live_', '51HqT8KdR2vWn7ZxYc3Lp9');
const NPM = key('npm_', 'Xy7Kd93LmQp2Rt8Vw4Zb6Nc1Hf5Js0GaUeTo');
const JWT = `${key('eyJ', 'hbGciOiJIUzI1NiJ9')}.eyJzdWIiOiI0MiIsIm5hbWUiOiJhZGEifQ.Xr3Tq9VbL2mKw8Zy5Nc7Pd1Hf4Js6Ga0`;
const PEM = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEowIBAAKCAQEAx7Tq9VbL2mKw8Zy5Nc7Pd1Hf4Js6Ga0',
  '9vT3xZ7Lq2mRb5NcYp8JdHs4FgUe6Ai0',
  '-----END RSA PRIVATE KEY-----',
].join('\n');
const BASIC = Buffer.from('deploy:Tr0ub4dor&3').toString('base64');

export const PLANTS: readonly Plant[] = [
  plant(`client = OpenAI(api_key="${OPENAI}")`, OPENAI),
  plant(`我把模型的 key 换成了 ${ANTHROPIC}，再试一次`, ANTHROPIC),
  plant(`git clone https://${GITHUB}@github.com/acme/tools.git`, GITHUB),
  plant(`{"channel":"#ops","token":"${SLACK}"}`, SLACK),
  plant(`aws configure set aws_access_key_id ${AWS_ID}`, AWS_ID),
  plant(`export AWS_SECRET_ACCESS_KEY=${AWS_SECRET}`, AWS_SECRET),
  plant(`${AWS_ID},${AWS_SECRET}`, AWS_ID, AWS_SECRET),
  plant(`https://maps.googleapis.com/maps/api/geocode/json?address=Lyon&key=${GOOGLE}`, GOOGLE),
  plant(`stripe.apiKey = '${STRIPE}';`, STRIPE),
  plant(`//registry.example.org/:_authToken=${NPM}`, NPM),
  plant(`curl -H "Authorization: Bearer ${JWT}" https://api.example.com/v1/me`, JWT),
  plant(`the header was authorization: Bearer f3Kq9ZxT2vLw8R`, 'f3Kq9ZxT2vLw8R'),
  plant(`Authorization: Basic ${BASIC}`, BASIC),
  plant(PEM, 'MIIEowIBAAKCAQEAx7Tq9VbL2mKw8Zy5Nc7Pd1Hf4Js6Ga0', '9vT3xZ7Lq2mRb5NcYp8JdHs4FgUe6Ai0'),
  plant(
    JSON.stringify({ key_file: PEM }),
    'MIIEowIBAAKCAQEAx7Tq9VbL2mKw8Zy5Nc7Pd1Hf4Js6Ga0',
    '9vT3xZ7Lq2mRb5NcYp8JdHs4FgUe6Ai0',
  ),
  plant('postgres://reporting:Wint3r-Falcon@db.example.com:5432/sales', 'Wint3r-Falcon'),
  plant('DATABASE_URL="mysql://root:p%40ssW0rd%21@10.2.3.4/app"', 'p%40ssW0rd%21'),
  plant('Server=tcp:sql.example.net,1433;User ID=sa;Password=Gr4nite!Moon;Encrypt=true', 'Gr4nite!Moon'),
  plant('{"username": "ada", "password": "swordfish-77"}', 'swordfish-77'),
  plant(JSON.stringify({ arguments: JSON.stringify({ user: 'ada', password: 'say "frien\\d"!' }) }), 'frien'),
  plant('用户名：wanglei 密码：Wl@2024xyz', 'Wl@2024xyz'),
  plant('数据库口令是 "东风夜放花千树9"，别告诉别人', '东风夜放花千树9'),
  plant('登录密码设置为qingtian_886。', 'qingtian_886'),
  plant('API密钥=9f8Zk2LmQx7RtVw3', '9f8Zk2LmQx7RtVw3'),
  plant('访问令牌：「tk-77aa88bb99cc」', 'tk-77aa88bb99cc'),
  plant('my password is hunter2!', 'hunter2'),
  plant('mysql -h db -u root -pS3cr3tRoot -e "show tables"', 'S3cr3tRoot'),
  plant('sshpass -p "Blu3Herring" ssh ops@example.com', 'Blu3Herring'),
  plant('curl -u admin:Zebra_Crossing9 https://example.com/api', 'Zebra_Crossing9'),
  plant('deploy.sh --token 7c9e6679f7425a0d --dry-run', '7c9e6679f7425a0d'),
  plant('Cookie: sessionid=38afes7a8d2kk1; theme=dark', '38afes7a8d2kk1'),
  plant('Set-Cookie: auth=Zm9vYmFyYmF6cXV4; Path=/; HttpOnly', 'Zm9vYmFyYmF6cXV4'),
  plant('<wsse:Password>Lim0ncello</wsse:Password>', 'Lim0ncello'),
  plant("ALTER USER app IDENTIFIED BY 'M4rmalade'", 'M4rmalade'),
  plant('the signing key we agreed on was Q7xv9Lm2Zk4Rt8Wp3Yb6Nc1H', 'Q7xv9Lm2Zk4Rt8Wp3Yb6Nc1H'),
  plant(String.raw`{\"cmd\": \"echo token=\u0074k9-Zx81-Qq27 | login\"}`, 'k9-Zx81-Qq27'),
  plant('POST /login HTTP/1.1\r\n\r\nuser=ada&password=Sunflow3r&next=%2F', 'Sunflow3r'),
  plant('next=https%3A%2F%2Fapi.example.com%2Fcb%3Faccess_token%3Dqz81Lk27Vt9Xm4', 'qz81Lk27Vt9Xm4'),
  plant('https://hooks.slack.com/services/T01ABCDEF/B02GHIJKL/x7Kq9ZvT2mLw8RyP4nBc1Hd6', 'x7Kq9ZvT2mLw8RyP4nBc1Hd6'),
  plant('machine ftp.example.com login ada password C0bblestone', 'C0bblestone'),
  personal('please write to ada.lovelace@example.org about it', 'ada.lovelace@example.org'),
  personal('邮箱是zhang.wei88@例子.example.cn，或 zhang_wei＠example．com', 'zhang_wei＠example．com'),
  personal('contact: grace [at] navy-example [dot] mil', 'grace [at] navy-example'),
  personal('reach me: linus at example dot org', 'linus at example dot org'),
  personal(String.raw`{"to":"alan\u0040example.com"}`, String.raw`alan\u0040example.com`),
  personal('mailto:edsger%40example.nl?subject=hi', 'edsger%40example.nl'),
  personal('call +44 20 7946 0958 or (415) 555-0132', '7946 0958', '555-0132'),
  personal('手机号13812345678，备用 139-8765-4321', '13812345678', '139-8765-4321'),
  personal('座机 010-62345678', '010-62345678'),
  personal('"phone": 4155550199', '4155550199'),
  personal('Traceback: File "/home/ada/work/app.py", line 3', '/home/ada'),
  personal('-rw-r--r-- /Users/zhangwei/Documents/预算.xlsx', '/Users/zhangwei'),
  personal(String.raw`open C:\Users\Grace Hopper\notes.txt`, 'Grace Hopper'),
  personal(JSON.stringify({ path: String.raw`D:\Users\ada\x` }), 'ada'),
  personal('file:///home/linus/kernel/README', '/home/linus'),
  personal('see http://wiki.acme.internal/runbooks/42 for it', 'wiki.acme.internal', 'runbooks/42'),
  personal('内部地址 http://192.168.10.24:8080/admin', '192.168.10.24'),
  personal('http://jenkins:8080/job/deploy', 'jenkins:8080'),
  personal(
    'https://bucket.example.com/q3.pdf?X-Amz-Signature=9f86d081884c7d659a2feaa0c55ad015',
    'q3.pdf',
    '9f86d081884c7d659a2feaa0c55ad015',
  ),
  personal('card 4539 1488 0343 6467 exp 12/27', '4539 1488 0343 6467'),
  personal('IBAN: DE89 3704 0044 0532 0130 00', '3704 0044'),
  personal('身份证号码 11010519491231002X', '11010519491231002X'),
  personal('SSN 536-22-8146', '536-22-8146'),
  personal('Call me at 001-067-713-6440x158 or +1-028-691-7497x0893.', '001-067-713-6440', '028-691-7497'),
];
