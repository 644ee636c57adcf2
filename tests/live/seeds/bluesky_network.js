// Bluesky's own network on loopback: identity directory, personal data server, AppView; filled from a description.
// node network.js DESCRIPTION.json, in the folder of @atproto/dev-env: its seed client uploads pictures from there.
// Prints one line of JSON when everything is indexed, and runs until its input ends.
const fs = require('node:fs')
const { createRequire } = require('node:module')
const { TestNetwork } = createRequire(process.cwd() + '/')('./dist/index.js')

async function fill(client, { accounts, follows, posts, unlisted }) {
  for (const { name, title, bio, labels } of accounts) {
    await client.createAccount(name, { handle: `${name}.test`, email: `${name}@example.org`, password: `${name}-pass` })
    await client.createProfile(client.dids[name], title, bio, labels ?? [])
  }
  const { dids } = client
  for (const [from, to] of follows) await client.follow(dids[from], dids[to])
  const written = {}
  for (const post of posts) {
    const overrides = { createdAt: post.published, langs: ['en'] }
    if (post.link) overrides.embed = { $type: 'app.bsky.embed.external', external: { uri: post.link, title: 'A post', description: '' } }
    if (post.answers) {
      // The order in which an answer and what it answers are indexed decides whether it is counted.
      await client.network.processAll()
      const parent = written[post.answers]
      const root = parent.root ?? parent
      const { ref } = await client.reply(dids[post.by], root.ref, parent.ref, post.text, undefined, undefined, overrides)
      written[post.id] = { ref, root }
    } else {
      const quoted = post.quotes && written[post.quotes].ref
      const { ref } = await client.post(dids[post.by], post.text, undefined, undefined, quoted, overrides)
      written[post.id] = { ref }
    }
    for (const by of post.likes ?? []) await client.like(dids[by], written[post.id].ref)
    for (const by of post.reposts ?? []) await client.repost(dids[by], written[post.id].ref)
  }
  await client.network.processAll()
  return Object.fromEntries(Object.entries(written).map(([id, { ref }]) => [id, ref.uriStr]))
}

async function main() {
  const description = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
  // Schema names with digits break the migrations of one of its parts.
  const network = await TestNetwork.create({ dbPostgresSchema: 'bloghound' })
  const client = network.getSeedClient()
  const posts = await fill(client, description)
  process.stdout.write(JSON.stringify({ appview: network.bsky.url, pds: network.pds.url, dids: client.dids, posts }) + '\n')
  process.stdin.resume()
  process.stdin.on('end', async () => {
    await network.close()
    process.exit(0)
  })
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
