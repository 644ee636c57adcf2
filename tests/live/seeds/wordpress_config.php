<?php
// WordPress reads this at every request; what differs between runs comes from the environment.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('BLOG_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_HOME', 'http://' . getenv('BLOG_HOST'));
define('WP_SITEURL', WP_HOME);
// Nothing may be asked of the world outside, by requests or by the timer that goes along with them.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('WP_AUTO_UPDATE_CORE', false);
// A notice in the middle of a JSON answer would break it.
define('WP_DEBUG_DISPLAY', false);
// An error ends the program with its own words, and not with a page of apologies.
define('WP_DISABLE_FATAL_ERROR_HANDLER', true);
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
