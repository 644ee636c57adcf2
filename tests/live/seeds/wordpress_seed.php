<?php
// Makes WordPress' tables and fills them from a description of a blog: php wordpress_seed.php SITE_FOLDER BLOG_JSON
define('WP_INSTALLING', true);
[, $site, $description] = $argv;
$_SERVER['HTTP_HOST'] = getenv('BLOG_HOST');
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
(new mysqli('localhost', 'root', '', '', 0, getenv('BLOG_SOCKET')))->query('CREATE DATABASE wordpress');
// WordPress finds out by errors that its tables are not there yet.
mysqli_report(MYSQLI_REPORT_OFF);
require $site . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

function seed_user(string $name): int
{
    $user = ['user_login' => $name, 'display_name' => $name, 'user_pass' => wp_generate_password(), 'role' => 'author'];
    return wp_insert_user($user);
}

function seed_post(array $post, int $author): int
{
    $id = wp_insert_post([
        'post_title' => $post['title'],
        'post_name' => $post['slug'],
        'post_content' => '<p>' . $post['text'] . '</p>',
        'post_status' => 'publish',
        'post_author' => $author,
        'post_date_gmt' => $post['published'],
        'post_date' => $post['published'],
        'post_password' => $post['is_reserved'] ? 'crumb' : '',
        'comment_status' => $post['is_closed'] ? 'closed' : 'open',
    ], true);
    if (is_wp_error($id)) {
        throw new RuntimeException($id->get_error_message());
    }
    return $id;
}

function seed_comment(int $post, array $said, int $user, int $parent): int
{
    $approved = ['published' => 1, 'pingback' => 1, 'held' => 0, 'spam' => 'spam'];
    return wp_insert_comment([
        'comment_post_ID' => $post,
        'comment_author' => $said['by'],
        'comment_author_email' => sanitize_title($said['by']) . '@example.org',
        'comment_content' => $said['words'],
        'comment_date_gmt' => $said['at'],
        'comment_date' => $said['at'],
        'comment_parent' => $parent,
        'comment_approved' => $approved[$said['state']],
        'comment_type' => $said['state'] === 'pingback' ? 'pingback' : 'comment',
        'user_id' => $user,
    ]);
}

$blog = json_decode(file_get_contents($description), true, flags: JSON_THROW_ON_ERROR);
// Telling the owner by mail is no part of this.
add_filter('pre_wp_mail', '__return_true');
$installed = wp_install($blog['title'], $blog['author'], 'owner@example.org', true, '', wp_generate_password());
wp_update_user(['ID' => $installed['user_id'], 'display_name' => $blog['author']]);
foreach (get_posts(['post_type' => ['post', 'page'], 'post_status' => 'any', 'numberposts' => -1]) as $sample) {
    wp_delete_post($sample->ID, true);
}
switch_theme('twentytwentyone');
update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
flush_rewrite_rules(true);

$users = [$blog['author'] => $installed['user_id']];
foreach ($blog['posts'] as $post) {
    $users[$post['author']] ??= seed_user($post['author']);
}
foreach ($blog['posts'] as $post) {
    $id = seed_post($post, $users[$post['author']]);
    $written = [];
    foreach ($post['comments'] as $said) {
        $written[] = seed_comment($id, $said, $users[$said['by']] ?? 0, $written[$said['answers'] ?? -1] ?? 0);
    }
}
